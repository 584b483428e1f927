//! Conditions on texts.

use async_graphql::InputObject;

use crate::server::store::clause::Clause;

/// Conditions on a text.
#[derive(InputObject, Debug, Clone, Default)]
pub struct StrFilterLookup {
    exact: Option<String>,
    i_exact: Option<String>,
    contains: Option<String>,
    i_contains: Option<String>,
    in_list: Option<Vec<String>>,
    starts_with: Option<String>,
    i_starts_with: Option<String>,
    ends_with: Option<String>,
    i_ends_with: Option<String>,
    is_null: Option<bool>,
}

impl StrFilterLookup {
    pub(super) fn clause(&self, column: &str) -> Clause {
        let mut clause = Clause::everything();
        let mut and = |condition: String, value: &str| {
            clause = clause.clone().and(Clause::new(condition, vec![value.to_owned().into()]));
        };
        let lookups = [
            (&self.exact, format!("{column} = ?")),
            (&self.i_exact, format!("lower({column}) = lower(?)")),
            (&self.contains, format!("instr({column}, ?) > 0")),
            (&self.i_contains, format!("instr(lower({column}), lower(?)) > 0")),
            (&self.starts_with, format!("instr({column}, ?) = 1")),
            (&self.i_starts_with, format!("instr(lower({column}), lower(?)) = 1")),
        ];
        for (wanted, condition) in lookups {
            if let Some(wanted) = wanted {
                and(condition, wanted);
            }
        }
        for (wanted, subject) in [(&self.ends_with, column.to_owned()), (&self.i_ends_with, format!("lower({column})"))]
        {
            if let Some(wanted) = wanted {
                let lowered = if subject == column { wanted.clone() } else { wanted.to_lowercase() };
                and(format!("substr({subject}, -{}) = ?", lowered.chars().count().max(1)), &lowered);
            }
        }
        if let Some(list) = &self.in_list {
            clause = clause.and(Clause::among(column, list.clone()));
        }
        if let Some(is_null) = self.is_null {
            let word = if is_null { "IS NULL" } else { "IS NOT NULL" };
            clause = clause.and(Clause::new(format!("{column} {word}"), Vec::new()));
        }
        clause
    }
}
