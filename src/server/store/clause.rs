//! Conditions of queries, put together from what a caller asks for. Values are always bound, never pasted.

use rusqlite::types::Value;

/// A condition with its values, in the order of its question marks.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    sql: String,
    values: Vec<Value>,
}

impl Clause {
    /// True for every row.
    pub fn everything() -> Self {
        Self { sql: String::from("1"), values: Vec::new() }
    }

    /// A condition written out, with its values.
    pub fn new(sql: impl Into<String>, values: Vec<Value>) -> Self {
        Self { sql: sql.into(), values }
    }

    /// `column = value`.
    pub fn equals(column: &str, value: impl Into<Value>) -> Self {
        Self::new(format!("{column} = ?"), vec![value.into()])
    }

    /// `column IN (values)`; no values, no rows.
    pub fn among<T: Into<Value>>(column: &str, values: impl IntoIterator<Item = T>) -> Self {
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        let marks = vec!["?"; values.len()].join(", ");
        Self::new(format!("{column} IN ({marks})"), values)
    }

    /// Whether one of the columns contains the text, in any case.
    pub fn contains(columns: &[&str], text: &str) -> Self {
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let sql = columns.iter().map(|column| format!("{column} LIKE ? ESCAPE '\\'")).collect::<Vec<_>>().join(" OR ");
        Self::new(format!("({sql})"), vec![Value::from(format!("%{escaped}%")); columns.len()])
    }

    /// Both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.sql = format!("{} AND {}", self.sql, other.sql);
        self.values.extend(other.values);
        self
    }

    /// Either.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.sql = format!("(({}) OR ({}))", self.sql, other.sql);
        self.values.extend(other.values);
        self
    }

    /// The opposite; an unknown counts as false before it is turned round.
    #[must_use]
    pub fn opposite(mut self) -> Self {
        self.sql = format!("NOT COALESCE(({}), 0)", self.sql);
        self
    }

    /// The condition as SQL.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The values of the question marks.
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }
}

/// Which part of a list, and in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// `ORDER BY` terms of our own making.
    pub order: String,
    /// Rows to leave out at the beginning.
    pub offset: i64,
    /// Rows at most.
    pub limit: Option<i64>,
}

impl Part {
    /// Everything in this order.
    pub fn by(order: &str) -> Self {
        Self { order: order.to_owned(), offset: 0, limit: None }
    }

    /// The end of the statement.
    pub fn sql(&self) -> String {
        format!("ORDER BY {} LIMIT {} OFFSET {}", self.order, self.limit.unwrap_or(-1), self.offset.max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_in_the_order_of_their_marks() {
        let clause = Clause::equals("a", 1).and(Clause::equals("b", 2).or(Clause::among("c", [3, 4])).opposite());
        assert_eq!(clause.sql(), "a = ? AND NOT COALESCE((((b = ?) OR (c IN (?, ?)))), 0)");
        assert_eq!(clause.into_values(), [1, 2, 3, 4].map(Value::from));
    }

    #[test]
    fn wildcards_in_a_search_are_taken_literally() {
        let clause = Clause::contains(&["name"], "50%_a\\");
        assert_eq!(clause.into_values(), [Value::from(String::from("%50\\%\\_a\\\\%"))]);
    }
}
