//! Which tables of a join matter only as partners of others.

use super::conditions::same_type;
use super::names::{ColumnRef, Names};
use super::plan::{Fixed, Partner};
use crate::mutation::{self, Mutation};
use crate::schema::{ColumnId, ColumnSet, Columns};

impl Names<'_> {
    /// Whether the death of a partner that the result does not show may change which rows a limit chooses: an
    /// inner join loses a row that was passed over, a left join sorts it anew.
    pub(super) fn moves_the_window(&self, draft: usize, skips: bool) -> bool {
        let draft = &self.drafts[draft];
        if draft.nullable { draft.orders != Columns::default() } else { skips }
    }

    /// Where the result shows the columns that are joined to this draft.
    pub(super) fn referencing(&self, draft: usize, joined: &[(ColumnId, ColumnRef)]) -> Vec<usize> {
        let outputs = joined.iter().filter(|(_, other)| other.draft != draft).filter_map(|(_, other)| {
            let mut outputs = self.drafts[other.draft].outputs.iter();
            outputs.find(|output| output.column == other.column).map(|output| output.position)
        });
        outputs.collect()
    }

    /// Rows of this draft matter only as partners of other drafts' rows if its whole key is joined, nothing
    /// else of it filters, and a limit does not let its order choose.
    pub(super) fn partner(
        &self,
        draft: usize,
        fixed: &[Fixed],
        joined: &[(ColumnId, ColumnRef)],
        limited: bool,
    ) -> Option<Partner> {
        let table = self.table(draft);
        let key = table.primary_key();
        // A partner that an outer join may leave out may die unseen, and so must not decide which rows there
        // are.
        let merged = self.namespaces.last().is_some_and(|namespace| namespace.merged);
        let is_hidden = self.drafts[draft].nullable && (self.drafts[draft].decides || merged);
        if is_hidden && !mutation::is(Mutation::FilteredPartnersAreUnfiltered) {
            return None;
        }
        let whole_key =
            !key.is_empty() && key.iter().all(|column| joined.iter().any(|(joined, _)| joined == column));
        let key_set: ColumnSet = key.iter().copied().collect();
        let within_key = |columns: &Columns| match columns {
            Columns::All => false,
            Columns::Some(set) => set.iter().all(|column| key_set.contains(column)),
        };
        let unfiltered = within_key(&self.drafts[draft].filters)
            && fixed.iter().all(|fixed| key_set.contains(fixed.column))
            && (!limited || within_key(&self.drafts[draft].orders));
        let unfiltered = unfiltered || mutation::is(Mutation::FilteredPartnersAreUnfiltered);
        (whole_key && unfiltered).then(|| {
            let enforced = self.schema.enforces_foreign_keys();
            let guaranteed = enforced
                && joined.iter().any(|(_, other)| {
                    self.table(other.draft).foreign_keys().iter().any(|foreign| {
                        foreign.references() == Some(table.id())
                            && foreign.guarantees_partner()
                            && foreign.referenced().len() == key.len()
                            && foreign.columns().iter().zip(foreign.referenced()).all(|(from, to)| {
                                key.contains(to)
                                    && joined.iter().any(|(mine, theirs)| {
                                        // The join may find more partners than the key if it compares otherwise.
                                        let column = ColumnRef { draft, column: *mine, exact: true };
                                        mine == to
                                            && theirs.draft == other.draft
                                            && theirs.column == *from
                                            && same_type(self, column, *theirs)
                                    })
                            })
                    })
                });
            if guaranteed { Partner::Guaranteed } else { Partner::Possible }
        })
    }
}
