//! The schemas of the face have nothing that the real servers do not have.

use graphql_parser::schema::{Type, parse_schema};

use crate::{
    face::graphql::schema::{Argument, Field, Kind, Schema},
    skips::skip,
};

const FIRST: &str = include_str!("face/schema/first.graphql");
const NEWEST: &str = include_str!("face/schema/newest.graphql");
const REKUEST: &str = include_str!("face/schema/rekuest.graphql");

fn is_part_of(ours: &str, file: &str) {
    let Ok(theirs) = std::fs::read_to_string(format!("../shared/schema/{file}")) else {
        return skip(&format!("../shared/schema/{file} is missing"));
    };
    let (ours, theirs) = (Schema::parse(ours), Schema::parse(&theirs));
    for (name, kind) in ours.types() {
        let other = theirs.kind(name).unwrap_or_else(|| panic!("{file} has no {name}"));
        match (kind, other) {
            (Kind::Object(ours), Kind::Object(theirs)) | (Kind::Interface(ours), Kind::Interface(theirs)) => {
                fields(name, ours, theirs);
            }
            (Kind::Input(ours, one), Kind::Input(theirs, other)) => {
                assert!(one == other, "{name}: @oneOf");
                arguments(name, ours, theirs);
            }
            (Kind::Enum(ours), Kind::Enum(theirs)) => {
                assert!(ours.iter().all(|word| theirs.contains(word)), "{name}: {ours:?}, not {theirs:?}");
            }
            (Kind::Scalar, Kind::Scalar) => {}
            _ => panic!("{name} is something else in {file}"),
        }
    }
}

fn fields(name: &str, ours: &[Field], theirs: &[Field]) {
    for field in ours {
        let other = theirs.iter().find(|other| other.name == field.name);
        let other = other.unwrap_or_else(|| panic!("there is no {name}.{}", field.name));
        assert_eq!(field.shape, other.shape, "{name}.{}", field.name);
        arguments(&format!("{name}.{}", field.name), &field.arguments, &other.arguments);
    }
}

fn arguments(name: &str, ours: &[Argument], theirs: &[Argument]) {
    for argument in ours {
        let other = theirs.iter().find(|other| other.name == argument.name);
        let other = other.unwrap_or_else(|| panic!("there is no {name}({})", argument.name));
        assert_eq!(argument.shape, other.shape, "{name}({})", argument.name);
        assert_eq!(argument.is_required(), other.is_required(), "{name}({})", argument.name);
    }
    let forgotten = theirs.iter().filter(|other| other.is_required());
    for other in forgotten {
        assert!(ours.iter().any(|argument| argument.name == other.name), "{name} must have {}", other.name);
    }
}

#[test]
fn the_first_generation_has_nothing_that_kabinet_2_0_0_has_not() {
    is_part_of(FIRST, "kabinet.graphql");
}

#[test]
fn the_newest_generation_has_nothing_that_the_newest_kabinet_has_not() {
    is_part_of(NEWEST, "kabinet-head.graphql");
}

#[test]
fn rekuest_has_nothing_that_rekuest_2_2_has_not() {
    is_part_of(REKUEST, "rekuest.graphql");
}

#[test]
fn the_schemas_can_be_read_and_have_no_loose_ends() {
    for text in [FIRST, NEWEST, REKUEST] {
        parse_schema::<String>(text).unwrap();
        let schema = Schema::parse(text);
        for name in schema.types().keys() {
            for field in schema.fields(name) {
                assert!(known(&schema, &field.shape), "{name}.{}", field.name);
                for argument in &field.arguments {
                    assert!(known(&schema, &argument.shape), "{name}.{}({})", field.name, argument.name);
                }
            }
        }
    }
}

fn known(schema: &Schema, shape: &Type<'static, String>) -> bool {
    match shape {
        Type::NamedType(name) => schema.kind(name).is_some(),
        Type::ListType(inner) | Type::NonNullType(inner) => known(schema, inner),
    }
}
