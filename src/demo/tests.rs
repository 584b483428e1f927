//! The images as archives, read back.

use std::{collections::BTreeMap, io::Read as _, path::PathBuf};

use serde_json::Value;

use super::*;

/// The files of a tar archive.
fn files(archive: &[u8]) -> BTreeMap<PathBuf, Vec<u8>> {
    tar::Archive::new(archive)
        .entries()
        .unwrap()
        .map(|entry| {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.path().unwrap().into_owned(), content)
        })
        .collect()
}

#[test]
fn an_image_is_an_archive_that_an_engine_can_load() {
    let images = Images::of_this_program().unwrap();
    let image = &images.offers()[0].image;
    let mut archive = Vec::new();
    image.write(&mut archive).unwrap();

    let outer = files(&archive);
    let manifest: Value = serde_json::from_slice(&outer[&PathBuf::from("manifest.json")]).unwrap();
    assert_eq!(manifest[0]["RepoTags"][0], image.reference());
    let configuration = &outer[&PathBuf::from(manifest[0]["Config"].as_str().unwrap())];
    let configuration: Value = serde_json::from_slice(configuration).unwrap();
    assert_eq!(configuration["config"]["Entrypoint"], serde_json::json!(["/kab", "demo-app", "greeter", "vanilla"]));

    let layers = manifest[0]["Layers"].as_array().unwrap();
    let mut size = 0;
    for (layer, digest) in layers.iter().zip(configuration["rootfs"]["diff_ids"].as_array().unwrap()) {
        let content = &outer[&PathBuf::from(layer.as_str().unwrap())];
        let found = image::hexadecimal(ring::digest::digest(&ring::digest::SHA256, content).as_ref());
        assert_eq!(digest.as_str().unwrap(), format!("sha256:{found}"));
        size += content.len() as u64;
    }
    assert_eq!(image.size(), size);
    let program = &files(&outer[&PathBuf::from(layers[1].as_str().unwrap())])[&PathBuf::from("kab")];
    assert!(*program == std::fs::read("/proc/self/exe").unwrap(), "the program is the running executable");
}

#[test]
fn the_same_program_makes_the_same_images_and_every_flavour_its_own() {
    let (one, other) = (Images::of_this_program().unwrap(), Images::of_this_program().unwrap());
    let references = |images: &Images| images.offers().iter().map(|offer| offer.image.reference()).collect::<Vec<_>>();
    assert_eq!(references(&one), references(&other));
    let different: std::collections::BTreeSet<_> = references(&one).into_iter().collect();
    assert_eq!(different.len(), one.offers().len());
    assert!(different.iter().all(|reference| reference.starts_with(IMAGES)));
    assert!(one.find(&references(&one)[1]).is_some());
    assert!(one.find("localhost/kab-demo/greeter:000000000000").is_none());
}
