//! Identifies its users by their phone numbers, at the vendor too.

use std::sync::Arc;

use standin_contracts::protocol::Field;

use super::Mutant;
use crate::reference::{AppRequest, BackendBehaviour, UserRecord};

pub(super) const MUTANT: Mutant = Mutant {
    name: "id-is-phone",
    mistake: "sends a user's phone number, without its plus, as the external id",
    breaks: "user/id-is-personal",
    make: || Arc::new(IdIsPhone),
};

struct IdIsPhone;

impl BackendBehaviour for IdIsPhone {
    fn external_id(&self, user: &UserRecord, _request: &AppRequest) -> String {
        let phone = user.personal.text(&Field::PersonalPhone);
        phone.map_or_else(|| user.external_id.clone(), |phone| phone.replace('+', ""))
    }
}
