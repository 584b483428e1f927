//! Addresses, dates and titles; and how long somebody waits for an answer.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::services::LowBandwidth;

#[test]
fn the_date_of_a_header_is_read() {
    assert_eq!(http_date("Thu, 01 Jan 1970 00:00:01 GMT"), Some(Moment(1000)));
    assert_eq!(http_date("now"), None);
}

#[test]
fn an_address_is_repeated_without_its_password() {
    for (typed, shown) in [
        ("https://ada:hunter2@lab.org/x", "https://\u{2026}@lab.org/x"),
        ("ada:hun/ter@2@lab.org", "\u{2026}@lab.org"),
        ("https://lab.org:8443/x", "https://lab.org:8443/x"),
    ] {
        assert_eq!(without_password(typed), shown);
    }
    let error = url_of("Lok", "https://ada:hunter2@lab:port").unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn a_page_is_named_by_its_title() {
    assert_eq!(title("<html><TITLE> 502 Bad Gateway </TITLE>"), "502 Bad Gateway");
    assert_eq!(title("<html><title>torn"), "torn");
    assert_eq!(title("<html>"), "");
}

/// A server on loopback that sends these pieces as one answer to one question, and then says nothing more.
async fn answers(pieces: Vec<Vec<u8>>, length: usize) -> Url {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        // The question is small and comes at once.
        assert!(socket.read(&mut [0; 4096]).await.unwrap() > 0);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        for piece in pieces {
            socket.write_all(&piece).await.unwrap();
        }
        // It stays open, and silent.
        std::future::pending::<()>().await;
    });
    url
}

fn patient_for(silence: Duration) -> Http {
    Http { silence, ..Http::new().unwrap() }
}

#[tokio::test]
async fn a_large_answer_on_a_limited_link_takes_as_long_as_it_takes() {
    let text = format!("\"{}\"", "x".repeat(60_000));
    let http = patient_for(Duration::from_millis(500));
    // Two seconds, as kab itself reads no faster.
    http.meter().hold(LowBandwidth::Auto, Some(30_000));
    let url = answers(vec![text.clone().into_bytes()], text.len()).await;
    let answer = http.get_json("Kabinet", url).await.unwrap();
    assert_eq!(answer.as_str().map(str::len), Some(60_000));
}

#[tokio::test]
async fn an_answer_that_stops_on_the_way_is_given_up() {
    let http = patient_for(Duration::from_millis(200));
    let url = answers(vec![b"\"half of".to_vec()], 100).await;
    let failed = http.get_json("Kabinet", url).await;
    assert!(matches!(failed, Err(Error::Deadline { .. })), "{failed:?}");
}
