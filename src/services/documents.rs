//! The typed documents: every operation of `queries/`, checked against its schema when kab is built.
//!
//! Lists are answered in a shape of our own (`wire`), because one list comes in up to three documents: what every
//! server has, what the newest generation has, and what the embedded server tells in addition.

use graphql_client::GraphQLQuery;
use serde_json::Value;

type ActionHash = String;
type AnyDefault = Value;
type Args = Value;
type DateTime = String;
type Identifier = String;
type UntypedParams = Value;

macro_rules! documents {
    ($schema:tt: $($name:ident $path:tt)*) => {$(
        #[derive(GraphQLQuery)]
        #[graphql(
            schema_path = $schema,
            query_path = $path,
            response_derives = "Debug, Clone, PartialEq",
            variables_derives = "Debug, Clone, PartialEq",
            skip_serializing_none,
            fragments_other_variant = "true"
        )]
        pub struct $name;
    )*};
}

documents! { "queries/kabinet/schema.graphql":
    Releases "queries/kabinet/releases.graphql"
    ReleasesInFull "queries/kabinet/extra/releases_in_full.graphql"
    FlavourSelectorsFirst "queries/kabinet/first/flavour_selectors_first.graphql"
    FlavourSelectors "queries/kabinet/newest/flavour_selectors.graphql"
    Definitions "queries/kabinet/definitions.graphql"
    DefinitionsWithKind "queries/kabinet/newest/definitions_with_kind.graphql"
    Backends "queries/kabinet/backends.graphql"
    BackendsInFull "queries/kabinet/extra/backends_in_full.graphql"
    Pods "queries/kabinet/pods.graphql"
    PodsInFull "queries/kabinet/extra/pods_in_full.graphql"
    ForgetPod "queries/kabinet/forget_pod.graphql"
    PodLog "queries/kabinet/pod_log.graphql"
    FlavourRelease "queries/kabinet/flavour_release.graphql"
    ReleaseApprovals "queries/kabinet/newest/release_approvals.graphql"
    PodsChanged "queries/kabinet/newest/pods_changed.graphql"
    CatalogueChanged "queries/kabinet/extra/catalogue_changed.graphql"
    Repositories "queries/kabinet/repositories.graphql"
    RepositoriesInFull "queries/kabinet/extra/repositories_in_full.graphql"
    ReleaseManifests "queries/kabinet/release_manifests.graphql"
    ReleaseAbout "queries/kabinet/extra/release_about.graphql"
    UseRepository "queries/kabinet/extra/use_repository.graphql"
    RepositoryReadme "queries/kabinet/extra/repository_readme.graphql"
    AddRepository "queries/kabinet/add_repository.graphql"
    ScanRepository "queries/kabinet/scan_repository.graphql"
    RemoveRepository "queries/kabinet/extra/remove_repository.graphql"
}

documents! { "queries/rekuest/schema.graphql":
    Agents "queries/rekuest/agents.graphql"
    AgentsChanged "queries/rekuest/agents_changed.graphql"
    Implementations "queries/rekuest/implementations.graphql"
    Tasks "queries/rekuest/tasks.graphql"
    TaskEvents "queries/rekuest/task_events.graphql"
    TasksChanged "queries/rekuest/tasks_changed.graphql"
    MyTasksChanged "queries/rekuest/my_tasks_changed.graphql"
    Assign "queries/rekuest/assign.graphql"
    Cancel "queries/rekuest/cancel.graphql"
    Interrupt "queries/rekuest/interrupt.graphql"
    Offers "queries/rekuest/offers.graphql"
}
