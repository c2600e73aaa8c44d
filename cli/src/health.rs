//! `standin health`: asks a running mock whether it is healthy.

use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use standin_contracts::protocol::Millis;
use standin_mock_server::http::ADMIN;

use crate::args::HealthArgs;
use crate::output::{self, Failure};
use crate::settings;

/// The relevant members of the mock's health answer.
#[derive(Deserialize)]
struct Health {
    status: String,
    version: String,
    vendors: Vec<String>,
}

pub(crate) fn run(args: &HealthArgs) -> Result<u8, Failure> {
    let url = match &args.url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => settings::reached_at(args.listen)?,
    };
    let health = output::runtime()?.block_on(ask(&url, args.within))?;
    let Health { version, vendors, .. } = health;
    output::print(&format!("standin {version} is well at {url}, and plays {}\n", vendors.join(", ")))?;
    Ok(0)
}

async fn ask(url: &str, within: Millis) -> Result<Health, Failure> {
    let asked = client(within)?.get(format!("{url}{ADMIN}/health"));
    let answer = asked.send().await.map_err(|error| unanswered(url, within, &error))?;
    if !answer.headers().contains_key("standin-mock") {
        return Err(Failure::absent(format!("{url} is answered by another program, not by Standin's mock")));
    }
    judge(url, within, answer).await
}

async fn judge(url: &str, within: Millis, answer: Response) -> Result<Health, Failure> {
    let status = answer.status();
    if status != StatusCode::OK {
        return Err(Failure::absent(format!("the mock at {url} is not well: it answers {status}")));
    }
    let text = answer.bytes().await.map_err(|error| unanswered(url, within, &error))?;
    match serde_json::from_slice::<Health>(&text) {
        Ok(health) if health.status == "ok" => Ok(health),
        Ok(health) => Err(Failure::absent(format!("the mock at {url} is not well: it says `{}`", health.status))),
        Err(error) => Err(Failure::absent(format!("the mock at {url} can't be understood: {error}"))),
    }
}

/// A client without certificates: the mock speaks plain HTTP, and loading them fails where there are none.
fn client(within: Millis) -> Result<Client, Failure> {
    let client = Client::builder().tls_certs_only([]).timeout(within.into()).redirect(Policy::none()).no_proxy();
    client.build().map_err(|error| Failure::ours(format!("can't ask: {error}")))
}

fn unanswered(url: &str, within: Millis, error: &reqwest::Error) -> Failure {
    if error.is_builder() {
        return Failure::usage(format!("`{url}` is no URL: write it like http://127.0.0.1:7357"));
    }
    if error.is_timeout() {
        return Failure::absent(format!("{url} did not answer within {within}"));
    }
    let first: &dyn std::error::Error = error;
    let cause = std::iter::successors(Some(first), |error| error.source()).last().unwrap_or(first);
    Failure::absent(format!("nothing answers at {url}: {cause}"))
}
