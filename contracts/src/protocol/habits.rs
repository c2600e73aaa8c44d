//! Vendors' habits that only a word can say: when to sign in, on how many devices, what is known again.

use super::words::words;

words! {
    /// When an install signs in anew, with a new credential where the vendor has any.
    MintPolicy, "time to sign in" {
        /// Each time that the app, or the vendor's part of it, starts.
        EachStart = "each_start",
        /// Once, until the install is reset.
        OncePerInstall = "once_per_install",
        /// When the session that it has is over.
        OnExpiry = "on_expiry",
    }
}

words! {
    /// On how many devices a user is active at once.
    ActiveDevices, "number of active devices" {
        /// On any number.
        Many = "many",
        /// On the one that signed in last.
        One = "one",
        /// On the one that signed in last, but on no tablet while a phone is active.
        PhoneBeforeTablet = "phone_before_tablet",
    }
}

words! {
    /// By what a vendor knows again what it was submitted before.
    Dedupe, "thing that is known again" {
        /// By the id of the batch: all of it is kept, or nothing.
        Batch = "batch",
        /// By the id of each item.
        Item = "item",
    }
}
