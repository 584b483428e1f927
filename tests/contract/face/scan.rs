//! What Kabinet 2.0.0 makes of a deployments file before it takes it in: it knows four kinds of selectors, cannot store
//! logos, and refuses a whole file for one entry.

use serde_json::Value;

use super::{deployment::Deployment, graphql::Prepared};

/// Why the repositories that a request names cannot be read; `None`: they can, or it names none.
pub fn refusal(deployment: &Deployment, prepared: &Prepared) -> Option<String> {
    prepared.roots().iter().filter(|(_, field, _)| field == "createGithubRepo").find_map(|(_, _, arguments)| {
        let input = arguments.get("input").cloned().unwrap_or_default();
        let text = |member: &str| input[member].as_str().map(str::to_owned);
        let name = match (text("identifier"), text("user"), text("repo")) {
            (Some(identifier), _, _) if !identifier.contains('/') => return Some("Invalid GitHub identifier".into()),
            (Some(identifier), _, _) => identifier.trim_start_matches("https://github.com/").to_owned(),
            (None, Some(user), Some(repo)) => format!("{user}/{repo}"),
            _ => return Some("Invalid github repo".into()),
        };
        let name = name.split(':').next().unwrap_or_default();
        let path = format!("{name}/main/.arkitekt_next/deployments.yaml");
        let Some(file) = deployment.published(&path) else {
            let words = "This seems to be not an Arkitekt Repository. Failed to fetch kabinet.yml.";
            return Some(words.into());
        };
        of_file(&file)
    })
}

fn of_file(text: &str) -> Option<String> {
    let Ok(file) = serde_saphyr::from_str::<Value>(text) else { return Some("Invalid kabinet.yml".into()) };
    let entries = file["app_images"].as_array().cloned().unwrap_or_default();
    for (at, entry) in entries.iter().enumerate() {
        for (number, selector) in entry["selectors"].as_array().into_iter().flatten().enumerate() {
            let kind = selector["kind"].as_str().unwrap_or("cuda");
            if !["cuda", "rocm", "oneapi", "cpu"].contains(&kind) {
                return Some(unknown_kind(at, number, kind));
            }
        }
    }
    let broken = |entry: &Value| !entry["manifest"]["logo"].is_null() || entry["flavourName"].is_null();
    entries.iter().any(broken).then(|| "Could not create models from deployments".into())
}

fn unknown_kind(at: usize, number: usize, kind: &str) -> String {
    let models = [("Cuda", "cuda"), ("Rocm", "rocm"), ("OneApi", "oneapi"), ("Cpu", "cpu")];
    let parts = models.map(|(model, known)| {
        format!(
            "\napp_images.{at}.selectors.{number}.{model}SelectorInputModel.kind\n  Input should be '{known}' \
             [type=literal_error, input_value='{kind}', input_type=str]\n    For further information visit \
             https://errors.pydantic.dev/2.11/v/literal_error"
        )
    });
    format!("4 validation errors for KabinetConfigFile{}", parts.concat())
}
