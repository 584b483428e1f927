//! Port demands: which actions take or give what a caller wants.

use rusqlite::types::Value;

use super::super::clause::Clause;

/// How deep children of demanded ports are followed.
const DEEPEST: usize = 8;

/// What a port must be; absent members are not asked about.
#[derive(Debug, Clone, Default)]
pub struct PortMatch {
    /// Its place in the list.
    pub at: Option<i64>,
    /// Its key.
    pub key: Option<String>,
    /// Its kind.
    pub kind: Option<String>,
    /// Its structure.
    pub identifier: Option<String>,
    /// Whether it may be missing.
    pub nullable: Option<bool>,
    /// Its physical dimension.
    pub dimension: Option<String>,
    /// Its children; each must be there.
    pub children: Vec<PortMatch>,
}

/// What one side of an action must have.
#[derive(Debug, Clone, Default)]
pub struct PortDemand {
    /// Each of these must be there.
    pub matches: Vec<PortMatch>,
    /// So many ports.
    pub length: Option<i64>,
    /// So many ports that must be given.
    pub required_length: Option<i64>,
    /// So many structures.
    pub structure_length: Option<i64>,
}

impl PortDemand {
    /// The condition; `column` holds the ports as JSON.
    pub fn clause(&self, column: &str) -> Clause {
        let mut clause = Clause::everything();
        for wanted in &self.matches {
            clause = clause.and(wanted.clause(&format!("json_each({column})"), 0));
        }
        if let Some(length) = self.length {
            clause = clause.and(Clause::equals(&format!("json_array_length({column})"), length));
        }
        let count = |condition: &str| format!("(SELECT count(*) FROM json_each({column}) n WHERE {condition})");
        if let Some(length) = self.required_length {
            clause = clause.and(Clause::equals(&count("COALESCE(n.value ->> 'nullable', 0) = 0"), length));
        }
        if let Some(length) = self.structure_length {
            clause = clause.and(Clause::equals(&count("n.value ->> 'kind' = 'STRUCTURE'"), length));
        }
        clause
    }
}

impl PortMatch {
    fn clause(&self, source: &str, depth: usize) -> Clause {
        if depth >= DEEPEST {
            return Clause::new("0", Vec::new());
        }
        let port = format!("p{depth}");
        let mut conditions = vec![String::from("1")];
        let mut values: Vec<Value> = Vec::new();
        let mut ask = |member: &str, value: Value| {
            conditions.push(format!("{port}.{member} = ?"));
            values.push(value);
        };
        if let Some(at) = self.at {
            ask("key", at.into());
        }
        for (member, wanted) in [
            ("value ->> 'key'", &self.key),
            ("value ->> 'kind'", &self.kind),
            ("value ->> 'identifier'", &self.identifier),
            ("value ->> 'dimension'", &self.dimension),
        ] {
            if let Some(wanted) = wanted {
                ask(member, wanted.clone().into());
            }
        }
        if let Some(nullable) = self.nullable {
            ask("value ->> 'nullable'", i64::from(nullable).into());
        }
        let mut inner = Clause::new(conditions.join(" AND "), values);
        for child in &self.children {
            inner = inner.and(child.clause(&format!("json_each({port}.value, '$.children')"), depth + 1));
        }
        Clause::new(format!("EXISTS (SELECT 1 FROM {source} {port} WHERE {})", inner.sql()), inner.into_values())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(ports: &str, demand: &PortDemand) -> bool {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let clause = demand.clause("ports");
        let sql = format!("SELECT {} FROM (SELECT ? AS ports)", clause.sql());
        let mut values = clause.into_values();
        values.push(ports.to_owned().into());
        connection.query_row(&sql, rusqlite::params_from_iter(values), |row| row.get(0)).unwrap()
    }

    const PORTS: &str = r#"[
        {"key": "flavour", "kind": "STRUCTURE", "identifier": "@kabinet/flavour", "nullable": false},
        {"key": "many", "kind": "LIST", "nullable": true,
         "children": [{"key": "one", "kind": "LIST", "children": [{"key": "x", "kind": "INT"}]}]}
    ]"#;

    #[test]
    fn ports_match_by_place_kind_and_identifier() {
        let structure = |at| PortMatch {
            at: Some(at),
            kind: Some("STRUCTURE".into()),
            identifier: Some("@kabinet/flavour".into()),
            nullable: Some(false),
            ..PortMatch::default()
        };
        assert!(fits(PORTS, &PortDemand { matches: vec![structure(0)], ..PortDemand::default() }));
        assert!(!fits(PORTS, &PortDemand { matches: vec![structure(1)], ..PortDemand::default() }));
    }

    #[test]
    fn children_match_at_any_depth() {
        let list = |kind: &str| PortMatch {
            key: Some("many".into()),
            children: vec![PortMatch {
                kind: Some("LIST".into()),
                children: vec![PortMatch { kind: Some(kind.into()), ..PortMatch::default() }],
                ..PortMatch::default()
            }],
            ..PortMatch::default()
        };
        assert!(fits(PORTS, &PortDemand { matches: vec![list("INT")], ..PortDemand::default() }));
        assert!(!fits(PORTS, &PortDemand { matches: vec![list("STRING")], ..PortDemand::default() }));
    }

    #[test]
    fn lengths_count_what_they_say() {
        let demand = |length, required, structures| PortDemand {
            length: Some(length),
            required_length: Some(required),
            structure_length: Some(structures),
            ..PortDemand::default()
        };
        assert!(fits(PORTS, &demand(2, 1, 1)));
        assert!(!fits(PORTS, &demand(2, 2, 1)));
        assert!(!fits(PORTS, &demand(2, 1, 0)));
    }
}
