//! The canonical fields and their values.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::mem::discriminant;
use std::str::FromStr;

use super::Timestamp;

/// A canonical field: the meaning of a member of a vendor's body, independent of the member's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The client company's own id of its user.
    ExternalId,
    /// The vendor's id of the user.
    UserId,
    /// The id of one SDK installation.
    InstallId,
    /// The app that a key or install belongs to.
    AppId,
    /// The SDK's id of the device.
    DeviceId,
    /// The kind of device: phone, tablet or other.
    DeviceKind,
    /// The platform: Android, iOS or web.
    Platform,
    /// The credential that the client backend obtains for its app.
    Credential,
    /// The id inside a credential. It identifies the credential, and is not the credential itself.
    CredentialId,
    /// The session token that an install's later calls carry.
    Session,
    /// The token that is exchanged for a new session token.
    Refresh,
    /// The expiry of a credential or a session.
    ExpiresAt,
    /// The time at which the vendor received the request.
    RequestedAt,
    /// The vendor's id of one exchange.
    ExchangeId,
    /// The proof that the sender knows a secret.
    Proof,
    /// The client key, where a body repeats it.
    ClientKey,
    /// The time to wait before the next try, in seconds.
    RetryAfter,
    /// The user's e-mail address.
    PersonalEmail,
    /// The user's phone number.
    PersonalPhone,
    /// The user's name.
    PersonalName,
    /// Whether the user allows this category.
    Permission(String),
    /// Whether the vendor wants this category.
    Enabled(String),
    /// The id of a batch, the same each time the batch is sent.
    BatchId,
    /// The number of the sync round that a batch belongs to.
    Round,
    /// The category of all data in a batch.
    Category,
    /// The items that an install recorded. The fields `item.*` belong to each of them.
    Items,
    /// An item's id.
    ItemId,
    /// The category of an item's data.
    ItemCategory,
    /// The time at which an item was recorded, by the device's clock.
    ItemRecordedAt,
    /// The ids of the items that the vendor kept.
    Accepted,
    /// The user's permissions as a list of categories. On the wire only: decoded into [`Field::Permission`].
    Grants,
    /// A category that the user was asked about.
    GrantCategory,
    /// Whether the user allows that category.
    GrantAllowed,
    /// The token by which pushes reach an install.
    PushToken,
    /// Whether the install is the one that its user's data comes from.
    Active,
    /// A list of installs. The fields `install.*` belong to each of them.
    Installs,
    /// An install's id.
    InstallItemId,
    /// The time at which the install was created.
    InstallCreatedAt,
    /// The time at which the vendor last heard of the install.
    InstallLastSeen,
    /// The number of create calls of the install.
    InstallCreateCount,
    /// The categories that the install's user allows.
    InstallPermissions,
    /// The messages that the vendor delivers by webhook. The fields `message.*` belong to each of them.
    Messages,
    /// A message's id.
    MessageId,
    /// The vendor's id of the user that a message is about.
    MessageUserId,
    /// The type of a message.
    MessageType,
    /// The time at which a message was made.
    MessageAt,
    /// A flag: the message reports no event, and only tests the receiver.
    Test,
}

/// A name that is no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no field")]
pub struct BadField(pub String);

/// The fields without a parameter, with their names. Both directions of the conversion read this table.
const PLAIN: &[(&str, Field)] = &[
    ("external_id", Field::ExternalId),
    ("user_id", Field::UserId),
    ("install_id", Field::InstallId),
    ("app_id", Field::AppId),
    ("device_id", Field::DeviceId),
    ("device_kind", Field::DeviceKind),
    ("platform", Field::Platform),
    ("credential", Field::Credential),
    ("credential_id", Field::CredentialId),
    ("session", Field::Session),
    ("refresh", Field::Refresh),
    ("expires_at", Field::ExpiresAt),
    ("requested_at", Field::RequestedAt),
    ("exchange_id", Field::ExchangeId),
    ("proof", Field::Proof),
    ("client_key", Field::ClientKey),
    ("retry_after", Field::RetryAfter),
    ("personal.email", Field::PersonalEmail),
    ("personal.phone", Field::PersonalPhone),
    ("personal.name", Field::PersonalName),
    ("batch_id", Field::BatchId),
    ("round", Field::Round),
    ("category", Field::Category),
    ("items", Field::Items),
    ("item.id", Field::ItemId),
    ("item.category", Field::ItemCategory),
    ("item.recorded_at", Field::ItemRecordedAt),
    ("accepted", Field::Accepted),
    ("grants", Field::Grants),
    ("grant.category", Field::GrantCategory),
    ("grant.allowed", Field::GrantAllowed),
    ("push_token", Field::PushToken),
    ("active", Field::Active),
    ("installs", Field::Installs),
    ("install.id", Field::InstallItemId),
    ("install.created_at", Field::InstallCreatedAt),
    ("install.last_seen", Field::InstallLastSeen),
    ("install.create_count", Field::InstallCreateCount),
    ("install.permissions", Field::InstallPermissions),
    ("messages", Field::Messages),
    ("message.id", Field::MessageId),
    ("message.user_id", Field::MessageUserId),
    ("message.type", Field::MessageType),
    ("message.at", Field::MessageAt),
    ("test", Field::Test),
];

impl Field {
    /// The names of all fields; `<category>` stands for a category's name.
    pub fn names() -> Vec<&'static str> {
        PLAIN.iter().map(|(name, _)| *name).chain(["permission.<category>", "enabled.<category>"]).collect()
    }

    /// The field's name.
    pub fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Permission(category) => format!("permission.{category}").into(),
            Self::Enabled(category) => format!("enabled.{category}").into(),
            plain => {
                let is_this = |field: &Self| discriminant(field) == discriminant(plain);
                PLAIN.iter().find(|(_, field)| is_this(field)).map_or("?", |(name, _)| name).into()
            }
        }
    }

    /// Whether the field holds a list of field sets.
    pub fn is_list(&self) -> bool {
        matches!(self, Self::Installs | Self::Messages | Self::Items | Self::Grants)
    }

    /// The list whose items have this field.
    pub fn list(&self) -> Option<Self> {
        match self {
            Self::InstallItemId
            | Self::InstallCreatedAt
            | Self::InstallLastSeen
            | Self::InstallCreateCount
            | Self::InstallPermissions => Some(Self::Installs),
            Self::MessageId | Self::MessageUserId | Self::MessageType | Self::MessageAt => Some(Self::Messages),
            Self::ItemId | Self::ItemCategory | Self::ItemRecordedAt => Some(Self::Items),
            Self::GrantCategory | Self::GrantAllowed => Some(Self::Grants),
            _ => None,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl FromStr for Field {
    type Err = BadField;

    fn from_str(name: &str) -> Result<Self, BadField> {
        if let Some((_, field)) = PLAIN.iter().find(|(known, _)| *known == name) {
            return Ok(field.clone());
        }
        match name.split_once('.') {
            Some(("permission", category)) if !category.is_empty() => Ok(Self::Permission(category.to_owned())),
            Some(("enabled", category)) if !category.is_empty() => Ok(Self::Enabled(category.to_owned())),
            _ => Err(BadField(name.to_owned())),
        }
    }
}

/// The value of a field, independent of any wire format.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A boolean.
    Flag(bool),
    /// A timestamp.
    Time(Timestamp),
    /// Several texts.
    Texts(Vec<String>),
    /// Several sets of fields, such as installs.
    List(Vec<Fields>),
}

impl FieldValue {
    /// The value as plain JSON, for the history.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Self::Text(text) => Value::from(text.as_str()),
            Self::Int(number) => Value::from(*number),
            Self::Flag(flag) => Value::from(*flag),
            Self::Time(moment) => Value::from(moment.to_string()),
            Self::Texts(texts) => Value::from(texts.clone()),
            Self::List(sets) => sets.iter().map(|set| Value::Object(set.to_json())).collect(),
        }
    }
}

impl From<&str> for FieldValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for FieldValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Timestamp> for FieldValue {
    fn from(moment: Timestamp) -> Self {
        Self::Time(moment)
    }
}

impl From<i64> for FieldValue {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for FieldValue {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

/// A set of fields with their values, in a fixed order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields(BTreeMap<Field, FieldValue>);

impl Fields {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field, or replaces its value.
    pub fn with(mut self, field: Field, value: impl Into<FieldValue>) -> Self {
        self.set(field, value);
        self
    }

    /// Adds a field, or replaces its value.
    pub fn set(&mut self, field: Field, value: impl Into<FieldValue>) {
        self.0.insert(field, value.into());
    }

    /// The value of a field.
    pub fn get(&self, field: &Field) -> Option<&FieldValue> {
        self.0.get(field)
    }

    /// The value of a field, if it is text.
    pub fn text(&self, field: &Field) -> Option<&str> {
        match self.0.get(field) {
            Some(FieldValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The value of a field, if it is a list of field sets; else an empty list.
    pub fn list(&self, field: &Field) -> &[Self] {
        match self.0.get(field) {
            Some(FieldValue::List(sets)) => sets,
            _ => &[],
        }
    }

    /// The value of a field, if it is a timestamp.
    pub fn time(&self, field: &Field) -> Option<Timestamp> {
        match self.0.get(field) {
            Some(FieldValue::Time(moment)) => Some(*moment),
            _ => None,
        }
    }

    /// Removes a field and returns its value.
    pub fn remove(&mut self, field: &Field) -> Option<FieldValue> {
        self.0.remove(field)
    }

    /// All fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Field, &FieldValue)> {
        self.0.iter()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds every field of `more`, replacing the values of fields that are present.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// Whether every field of `part` is present with the same value.
    pub fn contains(&self, part: &Self) -> bool {
        part.iter().all(|(field, value)| self.get(field) == Some(value))
    }

    /// The set as a JSON object, for the history.
    pub fn to_json(&self) -> serde_json::Map<String, serde_json::Value> {
        self.iter().map(|(field, value)| (field.name().into_owned(), value.to_json())).collect()
    }
}

impl FromIterator<(Field, FieldValue)> for Fields {
    fn from_iter<I: IntoIterator<Item = (Field, FieldValue)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_reads_back_from_its_name() {
        for (name, field) in PLAIN {
            assert_eq!(name.parse::<Field>().as_ref(), Ok(field));
            assert_eq!(&field.to_string(), name);
        }
        assert_eq!("permission.sms".parse(), Ok(Field::Permission("sms".to_owned())));
    }

    #[test]
    fn a_category_needs_a_name() {
        assert!("permission.".parse::<Field>().is_err());
        assert!("permission".parse::<Field>().is_err());
    }
}
