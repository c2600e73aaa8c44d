//! The key inside an app, which its vendor can revoke.

use standin_contracts::protocol::KeyKind;
use standin_mock_server::KeyState;

use super::SdkHarness;
use crate::driver::Halt;

/// The label of the only key inside the app.
const CLIENT_KEY: &str = "client_key#1";

impl SdkHarness {
    /// Whether the vendor issues a key for use inside apps.
    pub fn has_client_key(&self) -> bool {
        self.contract().schemes.iter().any(|scheme| scheme.kind == KeyKind::Client)
    }

    /// The vendor revokes that key, or makes it valid again.
    pub fn set_client_key(&self, state: KeyState) -> Result<(), Halt> {
        let changed = self.sandbox().set_key_state(&self.contract().vendor, CLIENT_KEY, state);
        changed.map_err(|error| Halt::Harness(error.to_string()))
    }
}
