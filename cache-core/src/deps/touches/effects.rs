//! INSERT, UPDATE and DELETE to the touches of their rows.

use super::MAX_ROWS;
use super::writing::{Returned, Writing};
use crate::deps::closure::changed;
use crate::deps::model::{Image, Touch, Touched};
use crate::mutation::{self, Mutation};
use crate::schema::Columns;
use crate::sql::{Assigned, Conflict, ConflictTarget, Delete, Insert, Replaces, Update};
use crate::value::Value;

impl Writing<'_> {
    pub(super) fn insert(&self, insert: &Insert, touches: &mut Vec<Touch>) {
        // Whatever is in the way is deleted, and a refused NULL may become a default.
        let replaces = insert.conflict == Conflict::Replace || self.table.replaces_on_conflict();
        if replaces && !mutation::is(Mutation::ReplaceDeletesNothing) {
            touches.push(Touch::Table(self.table.id()));
            return;
        }
        if let Conflict::Update { target, set } = &insert.conflict {
            self.upsert(insert, *target, set, touches);
            return;
        }
        let births = self.births(insert);
        match self.returned_by_insert(insert) {
            Some(returned) => self.told_births(&returned, births, touches),
            None => touches.extend(match self.chosen_key(insert) {
                Some(key) => births.into_iter().map(|birth| self.born_as(&key, birth)).collect(),
                None => births,
            }),
        }
    }

    fn born_as(&self, key: &[Value], birth: Touch) -> Touch {
        let mut image = birth.into_new().unwrap_or_else(|| self.unknown());
        self.set_key(&mut image, key);
        self.touch(Touched::Row(key.to_vec()), None, Some(image), Columns::All)
    }

    /// The births that VALUES show; of INSERT .. SELECT and of very many rows nothing is known.
    pub(super) fn births(&self, insert: &Insert) -> Vec<Touch> {
        match &insert.rows {
            Some(rows) if rows.len() <= MAX_ROWS => rows.iter().map(|row| self.birth(row)).collect(),
            _ => vec![self.touch(Touched::Births, None, Some(self.unknown()), Columns::All)],
        }
    }

    /// Births whose keys were returned. RETURNING may show less of the rows than VALUES did, and in another
    /// order; but keys and images are touched apart, so any pairing of the two touches the same.
    pub(super) fn told_births(&self, returned: &[Returned], births: Vec<Touch>, touches: &mut Vec<Touch>) {
        let Some(last) = returned.last() else { return };
        let is_whole = |row: &Returned| row.image.0.iter().all(Option::is_some);
        if returned.iter().all(is_whole) {
            let born = |row: &Returned| (row.key.clone(), row.image.clone());
            touches.extend(
                returned
                    .iter()
                    .map(born)
                    .map(|(key, image)| self.touch(Touched::Row(key), None, Some(image), Columns::All)),
            );
            return;
        }
        let images: Vec<Image> = births.into_iter().filter_map(Touch::into_new).collect();
        for place in 0..returned.len().max(images.len()) {
            let key = &returned.get(place).unwrap_or(last).key;
            let mut image = images.get(place).or(images.last()).cloned().unwrap_or_else(|| self.unknown());
            if let ([only], [_]) = (returned, images.as_slice()) {
                for (value, shown) in image.0.iter_mut().zip(&only.image.0) {
                    *value = shown.clone().or(value.take());
                }
            }
            self.set_key(&mut image, key);
            touches.push(self.touch(Touched::Row(key.clone()), None, Some(image), Columns::All));
        }
    }

    /// A row of VALUES is either born, or an existing row takes what SET says.
    pub(super) fn upsert(
        &self,
        insert: &Insert,
        target: ConflictTarget,
        set: &[Assigned],
        touches: &mut Vec<Touch>,
    ) {
        if mutation::is(Mutation::UpsertValuesAreImages) {
            touches.extend(insert.rows.iter().flatten().map(|row| self.birth(row)));
            return;
        }
        if self.sets_key(set) {
            touches.push(Touch::Table(self.table.id()));
            return;
        }
        let columns = changed(self.table, set.iter().map(|assigned| assigned.column).collect());
        if let Some(returned) = self.returned_by_insert(insert) {
            self.told_births(&returned, self.births(insert), touches);
            for row in returned {
                let mut old = self.before(&row.image, set);
                self.set_key(&mut old, &row.key);
                let mut new = old.clone();
                self.assign(&mut new, set);
                for (value, shown) in new.0.iter_mut().zip(row.image.0) {
                    *value = shown.or(value.take());
                }
                touches.push(self.touch(Touched::Row(row.key), Some(old), Some(new), columns.clone()));
            }
            return;
        }
        if insert.rows.as_ref().is_none_or(|rows| rows.len() > MAX_ROWS) {
            touches.push(Touch::Table(self.table.id()));
            return;
        }
        for birth in self.births(insert) {
            let existing = match (&birth, target) {
                (Touch::Rows { rows: Touched::Row(key), .. }, ConflictTarget::PrimaryKey) => {
                    Touched::Row(key.clone())
                }
                _ => Touched::Unknown,
            };
            let mut old = self.unknown();
            if let Touched::Row(key) = &existing {
                self.set_key(&mut old, key);
            }
            let mut new = old.clone();
            self.assign(&mut new, set);
            touches.push(self.touch(existing, Some(old), Some(new), columns.clone()));
            touches.push(birth);
        }
    }

    pub(super) fn update(&self, update: &Update, touches: &mut Vec<Touch>) {
        let replaces = update.replaces == Replaces::Yes || self.table.replaces_on_conflict();
        let may_replace = update.replaces == Replaces::Yes || self.may_conflict(&update.set);
        if replaces && may_replace && !mutation::is(Mutation::ReplaceDeletesNothing) {
            touches.push(Touch::Table(self.table.id()));
            return;
        }
        if self.ran_without_rows(update.returning.as_ref()) {
            return;
        }
        let old = self.fixed_images(&update.fixed);
        if self.sets_key(&update.set) && !mutation::is(Mutation::KeyChangesAreUpdates) {
            self.change_key(update, &old, touches);
            return;
        }
        let columns = changed(self.table, update.set.iter().map(|assigned| assigned.column).collect());
        let returned = self.returned(update.returning.as_ref());
        let returned = returned.or_else(|| self.returned_by_key(update.returning.as_ref(), &old));
        if let Some(returned) = returned {
            for row in returned {
                let mut before = self.before(&row.image, &update.set);
                self.merge_fixed(&mut before, &old);
                if let Some(known) = self.before.and_then(|before| before.image(&row.key)) {
                    before = known.clone();
                }
                touches.push(self.touch(
                    Touched::Row(row.key),
                    Some(before),
                    Some(row.image),
                    columns.clone(),
                ));
            }
            return;
        }
        let old = self.all_before(update.returning.as_ref()).unwrap_or(old);
        for before in old {
            let mut after = before.clone();
            self.assign(&mut after, &update.set);
            let rows = self.key(&before).map_or(Touched::Unknown, Touched::Row);
            touches.push(self.touch(rows, Some(before), Some(after), columns.clone()));
        }
    }

    /// An UPDATE that changes a key is a DELETE and an INSERT.
    pub(super) fn change_key(&self, update: &Update, old: &[Image], touches: &mut Vec<Touch>) {
        for before in old {
            let Some(key) = self.key(before) else {
                touches.push(Touch::Table(self.table.id()));
                return;
            };
            let mut after = before.clone();
            self.assign(&mut after, &update.set);
            let born = self.key(&after).map_or(Touched::Births, Touched::Row);
            touches.push(self.touch(Touched::Row(key.clone()), Some(before.clone()), None, Columns::All));
            touches.push(self.touch(born, None, Some(after.clone()), Columns::All));
            // Rows that reference the key follow it.
            let columns = changed(self.table, update.set.iter().map(|assigned| assigned.column).collect());
            touches.push(self.touch(Touched::Row(key), Some(before.clone()), Some(after), columns));
        }
    }

    pub(super) fn delete(&self, delete: &Delete, touches: &mut Vec<Touch>) {
        if self.ran_without_rows(delete.returning.as_ref()) {
            return;
        }
        if let Some(returned) = self.returned(delete.returning.as_ref()) {
            for row in returned {
                touches.push(self.touch(Touched::Row(row.key), Some(row.image), None, Columns::All));
            }
            return;
        }
        for old in
            self.all_before(delete.returning.as_ref()).unwrap_or_else(|| self.fixed_images(&delete.fixed))
        {
            let rows = self.key(&old).map_or(Touched::Unknown, Touched::Row);
            touches.push(self.touch(rows, Some(old), None, Columns::All));
        }
    }
}
