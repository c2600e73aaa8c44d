//! The reference SDK against the real mock, through HTTP, for every vendor.

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_contracts::codec::ClientKeys;
use standin_contracts::contract::{Contract, Route, Secrets, WireResponse};
use standin_contracts::history::{Request, What};
use standin_contracts::protocol::{CommandName, Field, Fields, Millis, ReplyName, Timestamp};
use standin_mock_server::clock::ClockStart;
use standin_mock_server::fault::{BlackHole, Status};
use standin_mock_server::sandbox::{CLIENT_KEY, SERVER_KEY};
use standin_mock_server::{Fault, FaultSpec, MockConfig, MockServer};
use standin_test_suite::adapter::{Adapter, Device, Install, Order, Outcome, Retry, Setup, Storage};
use standin_test_suite::reference_sdk::{ConformingSdk, ReferenceSdk};

use crate::support::{VENDORS, contract};
