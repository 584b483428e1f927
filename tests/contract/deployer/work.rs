//! What the deployer does with its tasks. Cancelling one ends its reports; the work goes on, as in the real one.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Value, json};
use tokio::task::AbortHandle;

use super::{Container, State, Structures};

/// Tasks that are being worked on.
#[derive(Default)]
pub struct Jobs {
    running: HashMap<String, AbortHandle>,
}

impl Jobs {
    /// Takes a message of the server.
    pub fn take(&mut self, state: &Arc<State>, frame: &Value) {
        let task = frame["task"].as_str().unwrap_or_default().to_owned();
        match frame["type"].as_str().unwrap_or_default() {
            "ASSIGN" => {
                state.assigned.lock().unwrap().push(frame.clone());
                let (state, frame, id) = (Arc::clone(state), frame.clone(), task.clone());
                let job = tokio::spawn(async move {
                    state.report(&id, json!({"type": "PROGRESS", "progress": 0, "message": "Queued for running"}));
                    match state.perform(&frame).await {
                        Ok(returned) => {
                            state.report(&id, json!({"type": "YIELD", "returns": {"return0": returned}}));
                            state.report(&id, json!({"type": "COMPLETED"}));
                        }
                        Err((kind, error)) => state.report(&id, json!({"type": kind, "error": error})),
                    }
                });
                self.running.insert(task, job.abort_handle());
            }
            "CANCEL" => {
                if let Some(job) = self.running.remove(&task) {
                    job.abort();
                }
                state.report(&task, json!({"type": "CANCELLED"}));
            }
            _ => {}
        }
    }
}

type Failed = (&'static str, String);

/// An exception of the function.
fn critical(why: String) -> Failed {
    ("CRITICAL", why)
}

impl State {
    fn report(&self, task: &str, mut frame: Value) {
        frame["task"] = json!(task);
        frame["id"] = json!(uuid::Uuid::new_v4().to_string());
        self.frames.send(frame).ok();
    }

    async fn progress(&self, task: &str, percent: u8, message: &str) {
        let mut gate = self.gate.subscribe();
        gate.wait_for(|limit| *limit >= percent).await.ok();
        self.report(task, json!({"type": "PROGRESS", "progress": percent, "message": message}));
    }

    /// The id in an argument, or the Python library's refusal.
    fn structure(&self, argument: &Value) -> Result<String, Failed> {
        let failed = |why: &str| ("FAILED", format!("Couldn't expand Arguments: {why}"));
        match self.habits.structures {
            Structures::Objects if argument.is_object() => {
                Ok(argument["object"].as_str().ok_or_else(|| failed("no object"))?.to_owned())
            }
            Structures::Objects => Err(failed("We only accept dicts for structures")),
            Structures::Plain => argument
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| failed("Error expanding value: expected a string as the id of a structure")),
        }
    }

    fn returned(&self, pod: &str) -> Value {
        match self.habits.structures {
            Structures::Objects => json!({"__identifier": "@kabinet/pod", "object": pod}),
            Structures::Plain => json!(pod),
        }
    }

    async fn perform(&self, frame: &Value) -> Result<Value, Failed> {
        let task = frame["task"].as_str().unwrap();
        let args = &frame["args"];
        let pod = match frame["interface"].as_str().unwrap() {
            "deploy_flavour" => {
                let flavour = self.structure(&args["flavour"])?;
                // The whole object is fetched before the function is called, selectors and all.
                let query = "query ($i: ID!) { flavour(id: $i) { id selectors { kind } } }";
                let expanded = self.ask("kabinet", query, json!({"i": flavour})).await;
                expanded.map_err(|why| ("FAILED", format!("Couldn't expand Arguments: {why}")))?;
                self.deploy(task, &flavour).await.map_err(critical)?
            }
            "deploy" => {
                let release = self.structure(&args["release"])?;
                let query = "query ($i: ID!) { release(id: $i) { flavours { id } } }";
                let found = self.ask("kabinet", query, json!({"i": release})).await.map_err(critical)?;
                let flavour = found["release"]["flavours"][0]["id"].as_str().unwrap_or_default().to_owned();
                self.deploy(task, &flavour).await.map_err(critical)?
            }
            "refresh_logs" => {
                let pod = self.structure(&args["pod"])?;
                // The current one reads a member that pods do not have, prints the error and returns.
                if self.habits.refreshes {
                    self.dump(&pod, 200).await.map_err(critical)?;
                }
                pod
            }
            "stop" => self.change(&self.structure(&args["pod"])?, "STOPPED", "bye").await.map_err(critical)?,
            "restart" => {
                self.change(&self.structure(&args["pod"])?, "RUNNING", "hello again").await.map_err(critical)?
            }
            "remove" => {
                let pod = self.structure(&args["pod"])?;
                self.containers.lock().unwrap().retain(|_, container| container.pod != pod);
                let query = "mutation ($i: DeletePodInput!) { deletePod(input: $i) }";
                self.ask("kabinet", query, json!({"i": {"id": pod}})).await.map_err(critical)?;
                pod
            }
            "move" => return Err(critical("\"Pod\" object is immutable".into())),
            other => return Err(critical(format!("no function {other}"))),
        };
        Ok(self.returned(&pod))
    }

    async fn deploy(&self, task: &str, flavour: &str) -> Result<String, String> {
        self.progress(task, 0, "Initializing").await;
        let query = "query ($i: ID!) { flavour(id: $i) { id image { imageString } } }";
        let found = self.ask("kabinet", query, json!({"i": flavour})).await?;
        let image = found["flavour"]["image"]["imageString"].clone();
        self.progress(task, 10, "Pulling image...").await;
        self.progress(task, 60, "Image Pulled").await;
        let query = "mutation ($i: CreateDeploymentInput!) { createDeployment(input: $i) { id } }";
        let input = json!({"i": {"flavour": flavour, "localId": image, "lastPulled": "2026-08-20T10:00:00+00:00"}});
        let deployment = self.ask("kabinet", query, input).await?["createDeployment"]["id"].clone();
        self.progress(task, 70, "Starting Container").await;
        let container = uuid::Uuid::new_v4().simple().to_string().repeat(2);
        self.progress(task, 90, "Registering Pod").await;
        let client = uuid::Uuid::new_v4().to_string();
        let query = "mutation ($i: CreatePodInput!) { createPod(input: $i) { id } }";
        let input = json!({"i": {"deployment": deployment, "localId": container, "clientId": client,
            "resource": self.resource}});
        let pod = self.ask("kabinet", query, input).await?["createPod"]["id"].as_str().unwrap_or_default().to_owned();
        let fresh = Container {
            pod: pod.clone(),
            deployment: deployment.as_str().unwrap_or_default().to_owned(),
            status: "PENDING",
            lines: vec!["hello".into()],
        };
        self.containers.lock().unwrap().insert(container, fresh);
        self.monitor(&pod, "RUNNING").await?;
        Ok(pod)
    }

    /// What stop and restart do to the container; the monitor tells the server.
    async fn change(&self, pod: &str, status: &'static str, line: &str) -> Result<String, String> {
        {
            let mut containers = self.containers.lock().unwrap();
            let container = containers.values_mut().find(|container| container.pod == pod);
            let Some(container) = container else { return Err("404 Client Error: Not Found".into()) };
            container.lines.push(line.to_owned());
        }
        self.monitor(pod, status).await?;
        Ok(pod.to_owned())
    }

    /// One look of the monitor, which finds another status.
    async fn monitor(&self, pod: &str, status: &'static str) -> Result<(), String> {
        let local = {
            let mut containers = self.containers.lock().unwrap();
            let found = containers.iter_mut().find(|(_, container)| container.pod == pod);
            let Some((id, container)) = found else { return Ok(()) };
            container.status = status;
            id.clone()
        };
        let query = "mutation ($i: UpdatePodInput!) { updatePod(input: $i) { id } }";
        let input = json!({"i": {"pod": null, "localId": local, "status": status}});
        self.ask("kabinet", query, input).await?;
        self.dump(pod, 100).await
    }

    async fn dump(&self, pod: &str, tail: usize) -> Result<(), String> {
        let lines = {
            let containers = self.containers.lock().unwrap();
            let container = containers.values().find(|container| container.pod == pod);
            let lines = container.ok_or("404 Client Error: Not Found")?.lines.clone();
            lines[lines.len().saturating_sub(tail)..].join("\n")
        };
        let query = "mutation ($i: DumpLogsInput!) { dumpLogs(input: $i) { id } }";
        self.ask("kabinet", query, json!({"i": {"pod": pod, "logs": lines}})).await.map(|_| ())
    }
}
