//! What a list of select items shows.

use sqlparser::ast::{
    ArrayElemTypeDef, DataType, Expr, Ident, SelectItem, SelectItemQualifiedWildcardKind,
    WildcardAdditionalOptions,
};

use super::conditions::column;
use super::names::{Bound, ColumnRef, Names, Use};
use super::plan::{Output, Refusal, Returning};
use crate::schema::{ColumnId, Dialect};

impl Names<'_> {
    /// Notes the columns that a list of select items shows; returns how many columns it makes.
    pub(super) fn projection(&mut self, items: &[SelectItem]) -> Option<usize> {
        let mut position = Some(0);
        for item in items {
            let made = match item {
                SelectItem::UnnamedExpr(expression) | SelectItem::ExprWithAlias { expr: expression, .. } => {
                    match (column(self, expression), self.as_text(expression)) {
                        (Some(found), _) => self.show(found.draft, found.column, position),
                        (None, Some((found, is_value))) => {
                            self.show(found.draft, found.column, position.filter(|_| is_value));
                        }
                        (None, None) => self.expression(expression, Use::Filter),
                    }
                    Some(1)
                }
                SelectItem::Wildcard(options) => {
                    self.refuse_wildcard_options(options);
                    let relations = self
                        .namespaces
                        .last()
                        .map(|namespace| namespace.relations.clone())
                        .unwrap_or_default();
                    let merged = self.namespaces.last().is_some_and(|namespace| namespace.merged);
                    let start = position.filter(|_| !merged);
                    self.show_all(relations.into_iter().map(|(_, bound)| bound), start)
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    self.refuse_wildcard_options(options);
                    let qualifier = name.0.last().and_then(|part| part.as_ident());
                    let bound = qualifier.and_then(|qualifier| self.bound_to(qualifier));
                    match bound {
                        Some(bound) => self.show_all([bound], position),
                        None => {
                            self.use_everything_in_sight();
                            None
                        }
                    }
                }
                _ => {
                    self.refuse(Refusal::Clause("a select item that is not modelled"));
                    None
                }
            };
            position = position.zip(made).map(|(position, made)| position + made);
        }
        position
    }

    /// The column that PostgreSQL shows as text, as SeaORM asks for enumerations and arrays of them; and whether the text
    /// is its value.
    fn as_text(&self, expression: &Expr) -> Option<(ColumnRef, bool)> {
        let Expr::Cast { expr, data_type, format: None, .. } = expression else { return None };
        if self.schema.dialect() != Dialect::Postgres {
            return None;
        }
        let found = column(self, expr)?;
        match data_type {
            DataType::Array(ArrayElemTypeDef::SquareBracket(element, None)) if is_text(element) => {
                Some((found, false))
            }
            _ if is_text(data_type) => Some((found, self.table(found.draft).column(found.column).is_enum())),
            _ => None,
        }
    }

    pub(super) fn bound_to(&self, qualifier: &Ident) -> Option<Bound> {
        let namespace = self.namespaces.last()?;
        let name = self.known_as(qualifier);
        let found = namespace.relations.iter().find(|(alias, _)| *alias == name);
        found.map(|(_, bound)| *bound)
    }

    pub(super) fn show(&mut self, draft: usize, column: ColumnId, position: Option<usize>) {
        let draft = &mut self.drafts[draft];
        draft.payload.insert(column);
        if let Some(position) = position {
            draft.outputs.push(Output { column, position });
        }
    }

    pub(super) fn show_all(
        &mut self,
        bounds: impl IntoIterator<Item = Bound>,
        start: Option<usize>,
    ) -> Option<usize> {
        let mut made = start.map(|_| 0);
        for bound in bounds {
            match bound {
                Bound::Derived => made = None,
                Bound::Table(draft) => {
                    let columns = self.table(draft).columns().iter().enumerate();
                    for (index, _) in columns.filter(|(_, column)| !column.is_invisible()) {
                        let position = start.zip(made).map(|(start, made)| start + made);
                        self.show(draft, ColumnId::from_index(index), position);
                        made = made.map(|made| made + 1);
                    }
                }
            }
        }
        made
    }

    /// What a RETURNING clause shows of the table that is bound alone.
    pub(super) fn returning(&mut self, items: &[SelectItem]) -> Returning {
        let width = self.projection(items);
        let outputs = self.own_drafts().first().map(|draft| self.drafts[*draft].outputs.clone());
        Returning { outputs: outputs.unwrap_or_default(), width }
    }

    pub(super) fn refuse_wildcard_options(&mut self, options: &WildcardAdditionalOptions) {
        let plain = WildcardAdditionalOptions {
            wildcard_token: options.wildcard_token.clone(),
            ..WildcardAdditionalOptions::default()
        };
        if *options != plain {
            self.refuse(Refusal::Clause("a wildcard with options"));
        }
    }
}

/// SeaORM quotes the name of the type.
fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Text => true,
        DataType::Custom(name, modifiers) => {
            let name = match name.0.as_slice() {
                [name] => name.as_ident(),
                _ => None,
            };
            modifiers.is_empty() && name.is_some_and(|name| name.value == "text")
        }
        _ => false,
    }
}
