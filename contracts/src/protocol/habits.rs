//! Vendors' policies that are one word each: when to sign in, how many devices are active, how to deduplicate.

use super::words::words;

words! {
    /// The time at which an install signs in anew, with a new credential if the vendor has credentials.
    MintPolicy, "time to sign in" {
        /// At each start of the app, or of the vendor's part of it.
        EachStart = "each_start",
        /// Once, until the install is reset.
        OncePerInstall = "once_per_install",
        /// When its session is over.
        OnExpiry = "on_expiry",
    }
}

words! {
    /// The number of devices on which a user is active at once.
    ActiveDevices, "number of active devices" {
        /// Any number.
        Many = "many",
        /// One: the device that signed in last.
        One = "one",
        /// One: the device that signed in last, but no tablet while a phone is active.
        PhoneBeforeTablet = "phone_before_tablet",
    }
}

words! {
    /// The id by which a vendor recognises data that was submitted before.
    Dedupe, "thing that is known again" {
        /// The id of the batch: all of a batch is kept, or nothing.
        Batch = "batch",
        /// The id of each item.
        Item = "item",
    }
}

words! {
    /// The operations that pages of other origins may call, as browsers enforce it.
    Cors, "set of operations for browsers" {
        /// Those that need no server key.
        Sdk = "sdk",
        /// Every operation, also with a server key.
        All = "all",
        /// None.
        Nothing = "none",
    }
}
