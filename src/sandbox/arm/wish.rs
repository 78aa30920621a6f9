//! `$filter` of the lists of assignments and schedules: a few forms, joined by `and`, and nothing else.

use uuid::Uuid;

use super::Call;
use super::fault::Fault;
use super::scope::{Scope, covers};
use crate::sandbox::odata::filter::{Argument, Filter, How, Literal};
use crate::sandbox::odata::grammar;
use crate::sandbox::tenant::{Kind, Tenant};

#[derive(Default)]
pub struct Wish {
    at_scope: bool,
    /// Of the caller itself.
    pub as_target: bool,
    principal: Option<Uuid>,
    assigned_to: Option<Uuid>,
    /// Properties that must have a value, by name.
    equal: Vec<(String, String)>,
}

impl Wish {
    /// `properties` are those that can be compared besides `principalId`; only schedules know `asTarget()`.
    pub fn read(call: &Call, properties: &[&str]) -> Result<Wish, Fault> {
        let mut wish = Wish::default();
        let text = call.request.option("$filter").map(str::trim).filter(|text| !text.is_empty());
        if let Some(text) = text {
            let filter = grammar::parse(text).ok_or_else(|| Fault::filter(text))?;
            wish.take(&filter, properties).ok_or_else(|| Fault::filter(text))?;
        }
        Ok(wish)
    }

    fn take(&mut self, filter: &Filter, properties: &[&str]) -> Option<()> {
        match filter {
            Filter::And(left, right) => {
                self.take(left, properties)?;
                self.take(right, properties)
            }
            Filter::Call { name, arguments } => match (name.as_str(), arguments.as_slice()) {
                ("atscope", []) => {
                    self.at_scope = true;
                    Some(())
                }
                ("astarget" | "asrequestor", []) if !properties.is_empty() => {
                    self.as_target = true;
                    Some(())
                }
                ("assignedto", [Argument::Literal(id)]) => {
                    self.assigned_to = Some(Uuid::try_parse(id.text()?).ok()?);
                    Some(())
                }
                _ => None,
            },
            Filter::Compare { path, how: How::Eq, value } => {
                let [name] = path.as_slice() else { return None };
                if name.eq_ignore_ascii_case("principalId") {
                    self.principal = Some(Uuid::try_parse(value.text()?).ok()?);
                    return Some(());
                }
                let known = properties.iter().find(|known| known.eq_ignore_ascii_case(name))?;
                let value = match value {
                    Literal::Text(text) | Literal::Guid(text) => text.clone(),
                    _ => return None,
                };
                self.equal.push(((*known).to_owned(), value));
                Some(())
            }
            _ => None,
        }
    }

    /// The principals asked for; nothing when everybody is.
    pub fn principals(&self, call: &Call, tenant: &Tenant) -> Result<Option<Vec<Uuid>>, Fault> {
        let of = self.assigned_to.or_else(|| self.as_target.then_some(call.caller.principal));
        let Some(id) = of else { return Ok(self.principal.map(|principal| vec![principal])) };
        let object = tenant.get(id);
        if object.is_some_and(|object| object.kind == Kind::Group) {
            return Err(Fault::filter(call.request.option("$filter").unwrap_or_default()));
        }
        let groups = object.map(|object| tenant.all_groups_of(object)).unwrap_or_default();
        let mut all = vec![id];
        all.extend(groups.iter().map(|(_, group)| group.id));
        all.retain(|found| self.principal.is_none_or(|principal| principal == *found));
        Ok(Some(all))
    }

    /// At the scope or above it; below it only when nothing says otherwise.
    pub fn reaches(&self, scope: &Scope, place: &str) -> bool {
        scope.is_within(place) || (!self.at_scope && covers(scope.shown(), place))
    }

    /// Whether the properties of an item have the values asked for; ids are compared by their last part.
    pub fn fits(&self, properties: &serde_json::Value) -> bool {
        let last = |text: &str| text.rsplit('/').next().unwrap_or_default().to_lowercase();
        self.equal.iter().all(|(name, wanted)| {
            properties[name.as_str()].as_str().is_some_and(|found| last(found) == last(wanted))
        })
    }
}
