//! Redaction: a known value is found in any stack of encodings, nothing of it stays, and nothing else changes.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use standin_contracts::history::{MessagePart, Redactor, SearchHit};

const LABEL: &str = "server_key#1";

/// One encoding around a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrap {
    Percent,
    PercentAll,
    Form,
    Json,
    JsonUnicode,
    Base64,
    Base64NoPad,
    Base64Url,
    Base64UrlNoPad,
    Basic,
}

const WRAPS: [Wrap; 10] = [
    Wrap::Percent,
    Wrap::PercentAll,
    Wrap::Form,
    Wrap::Json,
    Wrap::JsonUnicode,
    Wrap::Base64,
    Wrap::Base64NoPad,
    Wrap::Base64Url,
    Wrap::Base64UrlNoPad,
    Wrap::Basic,
];

impl Wrap {
    fn around(self, text: &str) -> String {
        match self {
            Self::Percent => utf8_percent_encode(text, NON_ALPHANUMERIC).to_string(),
            Self::PercentAll => text.bytes().flat_map(|byte| ["%".to_owned(), format!("{byte:02x}")]).collect(),
            Self::Form => utf8_percent_encode(text, NON_ALPHANUMERIC).to_string().replace("%20", "+"),
            Self::Json => serde_json::Value::from(text).to_string(),
            Self::JsonUnicode => {
                text.encode_utf16().flat_map(|unit| ["\\u".to_owned(), format!("{unit:04X}")]).collect()
            }
            Self::Base64 => STANDARD.encode(text),
            Self::Base64NoPad => STANDARD_NO_PAD.encode(text),
            Self::Base64Url => URL_SAFE.encode(text),
            Self::Base64UrlNoPad => URL_SAFE_NO_PAD.encode(text),
            Self::Basic => format!("Basic {}", STANDARD.encode(format!("user:{text}"))),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Percent | Self::PercentAll | Self::Form => "percent",
            Self::Json | Self::JsonUnicode => "json",
            _ => "base64",
        }
    }
}

/// Text around a value, without the words of a placeholder and without any known value.
fn around() -> impl Strategy<Value = (String, String)> {
    ("[a-z0-9{}\":,&=/ ?;._-]{0,12}", "[a-z0-9{}\":,&= ?;]{0,12}")
}

/// A secret of any characters, long enough not to occur in a placeholder by accident.
fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[A-Za-z0-9]{8,40}",
        2 => "[A-Za-z0-9+/=_.!&?%\"\\\\ é€𝄞-]{8,40}",
        1 => "[A-Z][a-zé]{4,8} [A-Z][a-zö]{4,8}",
        1 => "[a-z]{5,9}@[a-z]{4,9}\\.example",
    ]
}

fn layers() -> impl Strategy<Value = Vec<((String, String), Wrap)>> {
    prop::collection::vec((around(), prop::sample::select(&WRAPS[..])), 0..=3)
}

fn wrapped(secret: &str, layers: &[((String, String), Wrap)]) -> String {
    layers
        .iter()
        .fold(secret.to_owned(), |text, ((before, after), wrap)| wrap.around(&format!("{before}{text}{after}")))
}

fn knows(secret: &str) -> Redactor {
    let mut redactor = Redactor::new();
    redactor.know(secret, LABEL);
    redactor
}

/// Whether a placeholder has only encodings that were applied, in their order.
fn wears(found: &[SearchHit], layers: &[((String, String), Wrap)]) -> bool {
    found.iter().any(|one| {
        let mut names = layers.iter().rev().map(|(_, wrap)| wrap.name());
        one.label == LABEL && one.encoding.iter().all(|worn| names.any(|name| name == *worn))
    })
}

fn gzip(text: &str) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(text.as_bytes()).expect("memory takes all");
    writer.finish().expect("memory takes all")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_secret_under_any_stack_of_encodings_is_found_and_gone(
        secret in secret(),
        layers in layers(),
        (before, after) in around(),
        zipped: bool,
    ) {
        let redactor = knows(&secret);
        let wrapped = wrapped(&secret, &layers);
        let text = format!("{before}{wrapped}{after}");
        let (redacted, found) = redactor.text(&text);
        prop_assert!(wears(&found, &layers), "{found:?} in {text}");
        prop_assert!(!redacted.contains(&secret), "{redacted}");
        prop_assert!(!redacted.contains(&wrapped), "{redacted}");
        let (again, more) = redactor.text(&redacted);
        prop_assert_eq!(&again, &redacted, "{:?}", more);
        let mut placeholders = Vec::new();
        let bytes = if zipped { gzip(&text) } else { text.clone().into_bytes() };
        let body = redactor.body(bytes.clone(), &mut placeholders).expect("a body");
        prop_assert_eq!(&body.text, &redacted);
        prop_assert_eq!((body.gzip, body.base64, body.truncated), (zipped, false, false));
        prop_assert_eq!(placeholders.len(), found.len());
        prop_assert!(placeholders.iter().all(|placeholder| placeholder.kind() == "server_key" && placeholder.place == MessagePart::Body));
    }

    #[test]
    fn an_issued_token_is_found_wherever_tokens_travel(
        token in prop_oneof![
            "[0-9a-f]{24}",
            "[0-9a-f]{64}",
            "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
            "eyJ[A-Za-z0-9_-]{20,30}\\.[A-Za-z0-9_-]{30,90}\\.[A-Za-z0-9_-]{86}",
        ],
        carrier in 0..9_usize,
        layers in prop::collection::vec(prop::sample::select(&WRAPS[..]), 0..3),
    ) {
        let mut redactor = knows("some other secret");
        redactor.issue("another-token-of-another-length", "session#1");
        redactor.issue(&token, "credential#1");
        let carried = [
            token.clone(),
            format!(r#"{{"user":"u1","token":"{token}","n":[1,"{token}"]}}"#),
            format!("/v1/users?access_token={token}&x=%20"),
            format!("session={token}; Path=/; HttpOnly"),
            format!("Bearer {token}"),
            format!("/users/{token}/sync"),
            format!("Token token=\"{token}\", nonce=1"),
            format!("the token is {token}."),
            format!("id_{token}.json"),
        ];
        let text = layers.iter().fold(carried[carrier].clone(), |text, wrap| wrap.around(&text));
        let (redacted, found) = redactor.text(&text);
        prop_assert!(found.iter().any(|one| one.label == "credential#1"), "{text}");
        prop_assert!(!redacted.contains(&token));
        prop_assert_eq!(&redactor.text(&redacted).0, &redacted);
    }

    #[test]
    fn a_text_without_any_known_value_is_unchanged(secret in secret(), text in "(?s).{0,300}", bytes in prop::collection::vec(any::<u8>(), 1..300)) {
        prop_assume!(!text.contains(&secret));
        let redactor = knows(&secret);
        prop_assert_eq!(&redactor.text(&text).0, &text);
        let mut placeholders = Vec::new();
        redactor.body(bytes.clone(), &mut placeholders);
        prop_assert_eq!(placeholders, []);
    }

    #[test]
    fn a_secret_in_a_body_that_is_no_text_or_is_cut_leaves_nothing_but_its_placeholder(
        secret in "[A-Za-z0-9]{16,40}",
        noise in prop::collection::vec(any::<u8>(), 0..60),
        cut in 0..8_usize,
    ) {
        let redactor = knows(&secret);
        let mut placeholders = Vec::new();
        let bytes = [&[0xff, 0xfe], &noise[..], secret.as_bytes(), &noise[..]].concat();
        let body = redactor.body(bytes.clone(), &mut placeholders).expect("a body");
        prop_assert_eq!(body.text, format!("{LABEL}[binary]"));
        let zipped = gzip(&format!("{secret} {}", "and more ".repeat(9)));
        let body = redactor.body(zipped[..zipped.len() - cut].to_vec(), &mut placeholders).expect("a body");
        prop_assert!(body.gzip && !body.text.contains(&secret), "{}", body.text);
        prop_assert_eq!(body.truncated, cut > 0);
    }
}

#[test]
fn what_stands_around_a_value_stays() {
    let redactor = knows("abc/def+ghi=");
    let (redacted, found) = redactor.text("/path?key=abc%2Fdef+ghi%3D&other=%C3%A9#x");
    assert_eq!(redacted, "/path?key=server_key#1[percent]&other=%C3%A9#x");
    assert_eq!(found, [SearchHit { label: LABEL.to_owned(), encoding: vec!["percent"] }]);
}

#[test]
fn a_short_name_in_what_only_looks_like_base64_is_no_find() {
    let mut redactor = Redactor::new();
    redactor.know("Ada", "name#1");
    // Both decode to bytes that contain the name, but only one of them decodes to text.
    let (garbage, text) = (STANDARD.encode(b"\x01\x02\x03Ada\xee\x80"), STANDARD.encode("Dear Ada!"));
    assert_eq!(redactor.text(&garbage).0, garbage);
    assert_eq!(redactor.text(&text).1.len(), 1);
}

#[test]
fn every_text_inside_of_a_json_value_is_redacted() {
    let mut value = serde_json::json!({"a": ["open sesame", 1, {"b": "b3BlbiBzZXNhbWU="}], "c": null});
    knows("open sesame").json(&mut value);
    assert_eq!(value, serde_json::json!({"a": [LABEL, 1, {"b": "server_key#1[base64]"}], "c": null}));
}
