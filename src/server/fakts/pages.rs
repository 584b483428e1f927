//! The two pages that a person may open: both say how to approve a code in the terminal.

use axum::extract::Path;
use axum::response::Html;

/// `GET /configure/{code}`.
pub async fn configure(Path(code): Path<String>) -> Html<String> {
    let code = escape(code.trim_matches('/'));
    page(&format!(
        "<p>A program asks to be let in with the code <b>{code}</b>. On the machine that runs the server, type</p>\
         <pre>kab approve {code}</pre><p>or <code>kab approve --list</code> to see what waits.</p>"
    ))
}

/// `GET /device` and `GET /`.
pub async fn device() -> Html<String> {
    page(
        "<p>A program that asks to be let in shows a code. On the machine that runs the server, type</p>\
         <pre>kab approve CODE</pre><p>or <code>kab approve --list</code> to see what waits.</p>",
    )
}

fn page(body: &str) -> Html<String> {
    Html(format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>kab</title></head>\
         <body><h1>kab</h1>{body}</body></html>\n"
    ))
}

fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut safe, character| {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            control if control.is_control() => (),
            other => safe.push(other),
        }
        safe
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_code_stays_text() {
        assert_eq!(escape("<b a='1'>\u{1b}&"), "&lt;b a=&#39;1&#39;&gt;&amp;");
    }
}
