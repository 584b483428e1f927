//! A schema as the validator needs it: types with their fields, arguments and input fields. Descriptions are left out.

use std::collections::BTreeMap;

use graphql_parser::schema::{Definition, InputValue, Type, TypeDefinition, parse_schema};

/// A type expression, such as `[Pod!]!`.
pub type Shape = Type<'static, String>;

/// A schema.
pub struct Schema {
    types: BTreeMap<String, Kind>,
}

/// What a name stands for.
pub enum Kind {
    /// An object type.
    Object(Vec<Field>),
    /// An interface.
    Interface(Vec<Field>),
    /// An input type; of some exactly one field must be given.
    Input(Vec<Argument>, OneOf),
    /// An enum.
    Enum(Vec<String>),
    /// A scalar.
    Scalar,
}

/// Whether exactly one field of an input must be given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum OneOf {
    Yes,
    No,
}

/// A field of an object.
pub struct Field {
    pub name: String,
    pub shape: Shape,
    pub arguments: Vec<Argument>,
}

/// An argument, or a field of an input type.
pub struct Argument {
    pub name: String,
    pub shape: Shape,
    pub has_default: bool,
}

impl Argument {
    fn of(value: InputValue<'static, String>) -> Self {
        Self { name: value.name, shape: value.value_type, has_default: value.default_value.is_some() }
    }

    /// Whether it has to be given.
    pub fn is_required(&self) -> bool {
        matches!(self.shape, Type::NonNullType(_)) && !self.has_default
    }
}

impl Schema {
    /// Reads a schema.
    pub fn parse(text: &str) -> Self {
        let document =
            parse_schema::<String>(text).unwrap_or_else(|error| panic!("the schema cannot be read: {error}"));
        let mut types: BTreeMap<String, Kind> =
            ["ID", "String", "Int", "Float", "Boolean"].map(|name| (name.to_owned(), Kind::Scalar)).into();
        for definition in document.into_static().definitions {
            let Definition::TypeDefinition(definition) = definition else { continue };
            let (name, kind) = match definition {
                TypeDefinition::Object(object) => (object.name, Kind::Object(fields(object.fields))),
                TypeDefinition::Interface(interface) => (interface.name, Kind::Interface(fields(interface.fields))),
                TypeDefinition::InputObject(input) => {
                    let one_of = input.directives.iter().any(|directive| directive.name == "oneOf");
                    let fields = input.fields.into_iter().map(Argument::of).collect();
                    (input.name, Kind::Input(fields, if one_of { OneOf::Yes } else { OneOf::No }))
                }
                TypeDefinition::Enum(named) => {
                    (named.name, Kind::Enum(named.values.into_iter().map(|value| value.name).collect()))
                }
                TypeDefinition::Scalar(scalar) => (scalar.name, Kind::Scalar),
                TypeDefinition::Union(union) => (union.name, Kind::Interface(Vec::new())),
            };
            types.insert(name, kind);
        }
        Self { types }
    }

    /// All types by name.
    pub fn types(&self) -> &BTreeMap<String, Kind> {
        &self.types
    }

    /// A type.
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.types.get(name)
    }

    /// The fields of an object or interface.
    pub fn fields(&self, type_name: &str) -> &[Field] {
        match self.types.get(type_name) {
            Some(Kind::Object(fields) | Kind::Interface(fields)) => fields,
            _ => &[],
        }
    }

    /// A field of an object or interface.
    pub fn field(&self, type_name: &str, name: &str) -> Option<&Field> {
        self.fields(type_name).iter().find(|field| field.name == name)
    }

    /// Whether values of the type have fields to select.
    pub fn is_composite(&self, name: &str) -> bool {
        matches!(self.types.get(name), Some(Kind::Object(_) | Kind::Interface(_)))
    }

    /// Whether the type has several shapes at run time.
    pub fn is_abstract(&self, name: &str) -> bool {
        matches!(self.types.get(name), Some(Kind::Interface(_)))
    }
}

fn fields(fields: Vec<graphql_parser::schema::Field<'static, String>>) -> Vec<Field> {
    let field = |field: graphql_parser::schema::Field<'static, String>| Field {
        name: field.name,
        shape: field.field_type,
        arguments: field.arguments.into_iter().map(Argument::of).collect(),
    };
    fields.into_iter().map(field).collect()
}

/// The name inside a type expression.
pub fn named(shape: &Shape) -> &str {
    match shape {
        Type::NamedType(name) => name,
        Type::ListType(inner) | Type::NonNullType(inner) => named(inner),
    }
}
