//! The key inside an app, which its vendor can take back.

use standin_contracts::protocol::KeyKind;
use standin_mock_server::KeyState;

use super::SdkHarness;
use crate::driver::Halt;

/// The label of the one key inside the app.
const CLIENT_KEY: &str = "client_key#1";

impl SdkHarness {
    /// True if the vendor gave the company a key to put into its app.
    pub fn has_client_key(&self) -> bool {
        self.contract().schemes.iter().any(|scheme| scheme.kind == KeyKind::Client)
    }

    /// The vendor takes that key back, or makes it good again.
    pub fn set_client_key(&self, state: KeyState) -> Result<(), Halt> {
        let changed = self.sandbox().set_key_state(&self.contract().vendor, CLIENT_KEY, state);
        changed.map_err(|error| Halt::Harness(error.to_string()))
    }
}
