//! Reading what is kept of users beside themselves: the bin, who was let in again, groups within groups.

use jiff::Timestamp;

use super::*;

/// Who was let in again since a moment, by user id.
pub(super) type Enabled = Option<(Timestamp, Vec<(String, Timestamp)>)>;

impl Reader<'_> {
    /// Members of a group with those of groups inside it, or what somebody belongs to, with what that belongs to. Where a
    /// preview has changed such ties, the service's answer is walked after step by step.
    pub async fn related_through_groups(
        &self,
        collection: Collection,
        id: &str,
        direct: &'static str,
        transitive: &'static str,
    ) -> Result<Vec<Value>> {
        if !self.plan.is_some_and(|plan| plan.ties(direct)) {
            return self.related(collection, id, transitive, &Query::default()).await;
        }
        let mut found: Vec<Value> = Vec::new();
        let mut next = vec![(collection, id.to_owned())];
        while let Some((collection, id)) = next.pop() {
            for object in self.related(collection, &id, direct, &Query::default()).await? {
                let other = id_of(&object);
                if found.iter().any(|known| id_of(known) == other) {
                    continue;
                }
                if object["@odata.type"] == "#microsoft.graph.group" {
                    next.push((Collection::Groups, other));
                }
                found.push(object);
            }
        }
        Ok(found)
    }

    /// A user in the bin, by object id.
    pub async fn deleted_user(&self, id: &str, select: &[&str]) -> Result<Option<Value>> {
        let query = Query::default().select(select);
        let read = match is_placeholder(id) {
            true => None,
            false => self
                .services
                .graph
                .deleted_user(id, &query)
                .await
                .map_err(|f| problem(f, &format!("looking for `{id}` in the bin")))?,
        };
        Ok(self.over_one(Collection::DeletedUsers, id, read).map(|user| complete(user, &query.select)))
    }

    /// Users in the bin. A preview knows what it would have put there itself, and holds that against `fits`.
    pub async fn deleted_users(
        &self,
        query: Query,
        fits: impl Fn(&Value) -> bool + Send + Sync,
    ) -> Result<Vec<Value>> {
        let read = self.services.graph.deleted_users(&query).await;
        let users = read.map_err(|f| problem(f, "reading the bin"))?;
        let users = self.over(Collection::DeletedUsers, users, fits);
        Ok(users.into_iter().map(|user| complete(user, &query.select)).collect())
    }

    /// Who was let in again since a moment, and when. The log takes few questions, so it is asked once for all rows.
    pub async fn enabled_since(&self, since: Timestamp) -> Result<Vec<(String, Timestamp)>> {
        let mut known = self.memory.enabled.lock().await;
        if let Some((from, enabled)) = &*known
            && *from <= since
        {
            return Ok(enabled.clone());
        }
        // A little further back, so that the next row, which asks a moment later or earlier, need not ask again.
        let from = since.checked_sub(jiff::SignedDuration::from_hours(1)).unwrap_or(since);
        let day = from.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let read = self.services.graph.enabled_since(&day).await;
        let entries = read.map_err(|f| problem(f, "reading who was let in again"))?;
        let enabled: Vec<(String, Timestamp)> = entries
            .iter()
            .flat_map(|entry| {
                let when = entry["activityDateTime"].as_str().and_then(|when| when.parse::<Timestamp>().ok());
                let targets = entry["targetResources"].as_array().into_iter().flatten();
                targets.filter_map(move |target| Some((target["id"].as_str()?.to_owned(), when?)))
            })
            .collect();
        *known = Some((from, enabled.clone()));
        Ok(enabled)
    }
}
