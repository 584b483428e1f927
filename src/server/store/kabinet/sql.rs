//! Conditions as SQL text with parameters. Nothing that a caller wrote ever becomes part of the text.

use rusqlite::types::Value;

use super::criteria::{Column, Condition, Nullable, PortDemand, PortMatch};

/// SQL text with its values.
#[derive(Default)]
pub(super) struct Sql {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

impl Sql {
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// A parameter with its value.
    pub(super) fn bind(&mut self, value: impl Into<Value>) {
        self.text.push('?');
        self.values.push(value.into());
    }

    /// `IN (…)` over any number of values, as one parameter, so that the statement can be cached.
    pub(super) fn among<T: serde::Serialize>(&mut self, values: &[T]) {
        self.push(" IN (SELECT value FROM json_each(");
        self.bind(serde_json::to_string(values).unwrap_or_else(|_| String::from("[]")));
        self.push("))");
    }

    pub(super) fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::All(parts) => self.joined(parts, " AND ", "1"),
            Condition::Any(parts) => self.joined(parts, " OR ", "0"),
            Condition::Not(part) => {
                self.push("NOT ifnull((");
                self.condition(part);
                self.push("), 0)");
            }
            Condition::In(column, values) => {
                self.push(column.sql());
                self.among(values);
            }
            Condition::OneOf(column, values) => {
                self.push(column.sql());
                self.among(values);
            }
            Condition::Is(column, value) => {
                self.push(column.sql());
                self.push(" = ");
                self.bind(*value);
            }
            Condition::Contains(columns, text) => {
                for (place, column) in columns.iter().enumerate() {
                    self.push(if place == 0 { "(" } else { " OR " });
                    self.push(column.sql());
                    self.like(text);
                }
                self.push(")");
            }
            Condition::After(column, time) => self.compared(*column, " > ", *time),
            Condition::Before(column, time) => self.compared(*column, " < ", *time),
            Condition::Lists(column, values) => {
                self.push("EXISTS (SELECT 1 FROM json_each(");
                self.push(column.sql());
                self.push(") item WHERE item.value");
                self.among(values);
                self.push(")");
            }
            Condition::Demand(demand) => self.demand(demand),
            relation => self.relation(relation),
        }
    }

    fn relation(&mut self, condition: &Condition) {
        match condition {
            Condition::ProvidesAny(definitions) => {
                self.push("flavour.id IN (SELECT flavour_id FROM flavour_definitions WHERE definition_id");
                self.among(definitions);
                self.push(")");
            }
            Condition::Provides(hash) => {
                self.push(
                    "flavour.id IN (SELECT link.flavour_id FROM flavour_definitions link JOIN definitions d \
                     ON d.id = link.definition_id WHERE d.organisation_id = flavour.organisation_id AND d.hash = ",
                );
                self.bind(hash.clone());
                self.push(")");
            }
            Condition::ProvidedBy(flavours) => {
                self.push("definition.id IN (SELECT definition_id FROM flavour_definitions WHERE flavour_id");
                self.among(flavours);
                self.push(")");
            }
            Condition::ProvidedByApps(apps) => {
                self.push(
                    "definition.id IN (SELECT link.definition_id FROM flavour_definitions link \
                     JOIN flavours f ON f.id = link.flavour_id JOIN releases r ON r.id = f.release_id WHERE r.app_id",
                );
                self.among(apps);
                self.push(")");
            }
            Condition::AppCalled(text) => {
                self.push("(app.identifier");
                self.like(text);
                self.push(" OR EXISTS (SELECT 1 FROM releases r WHERE r.app_id = app.id AND r.description");
                self.like(text);
                self.push("))");
            }
            Condition::Tests(hash) => {
                self.push("EXISTS (SELECT 1 FROM json_each(definition.is_test_for) item WHERE item.value = ");
                self.bind(hash.clone());
                self.push(")");
            }
            Condition::TestedBy(id) => {
                self.push(
                    "definition.hash IN (SELECT item.value FROM definitions d, json_each(d.is_test_for) item \
                     WHERE d.id = ",
                );
                self.bind(*id);
                self.push(")");
            }
            Condition::HasTests => self.push(
                "definition.hash IN (SELECT item.value FROM definitions d, json_each(d.is_test_for) item \
                 WHERE d.organisation_id = definition.organisation_id)",
            ),
            _ => self.push("1"),
        }
    }

    fn joined(&mut self, parts: &[Condition], word: &str, empty: &str) {
        if parts.is_empty() {
            return self.push(empty);
        }
        for (place, part) in parts.iter().enumerate() {
            self.push(if place == 0 { "(" } else { word });
            self.condition(part);
        }
        self.push(")");
    }

    fn compared(&mut self, column: Column, operator: &str, value: i64) {
        self.push(column.sql());
        self.push(operator);
        self.bind(value);
    }

    fn like(&mut self, text: &str) {
        self.push(" LIKE ");
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        self.bind(format!("%{escaped}%"));
        self.push(" ESCAPE '\\'");
    }

    fn demand(&mut self, demand: &PortDemand) {
        let side = demand.side.name();
        self.push("(1");
        for wanted in &demand.matches {
            self.push(" AND EXISTS (SELECT 1 FROM ports p0 WHERE p0.definition_id = definition.id AND p0.side = '");
            self.push(side);
            self.push("' AND p0.parent_id IS NULL");
            self.port(wanted, 0);
            self.push(")");
        }
        let counts = [
            (demand.length, ""),
            (demand.non_nullable, " AND p.nullable = 0"),
            (demand.structures, " AND p.kind = 'STRUCTURE'"),
        ];
        for (number, which) in counts {
            let Some(number) = number else { continue };
            self.push(" AND (SELECT count(*) FROM ports p WHERE p.definition_id = definition.id AND p.side = '");
            self.push(side);
            self.push("' AND p.parent_id IS NULL");
            self.push(which);
            self.push(") = ");
            self.bind(number);
        }
        self.push(")");
    }

    fn port(&mut self, wanted: &PortMatch, depth: usize) {
        let mut texts = vec![("key", &wanted.key), ("kind", &wanted.kind), ("identifier", &wanted.identifier)];
        texts.push(("dimension", &wanted.dimension));
        for (column, text) in texts {
            let Some(text) = text else { continue };
            self.push(&format!(" AND p{depth}.{column} = "));
            self.bind(text.clone());
        }
        if let Some(at) = wanted.at {
            self.push(&format!(" AND p{depth}.position = "));
            self.bind(at);
        }
        if let Some(nullable) = wanted.nullable {
            let wanted = i64::from(nullable == Nullable::Yes);
            self.push(&format!(" AND p{depth}.nullable = {wanted}"));
        }
        for child in &wanted.children {
            let below = depth + 1;
            self.push(&format!(" AND EXISTS (SELECT 1 FROM ports p{below} WHERE p{below}.parent_id = p{depth}.id"));
            self.port(child, below);
            self.push(")");
        }
    }
}
