//! Plays generated lives against the reference SDK, on which no rule may find anything.
//! `cargo run --release -p standin-test-suite --example no_false_alarm_sdk -- [STEPS] [VENDOR] [CASE]`; without a number, it is
//! 100,000 steps a vendor. With the number of a life only that one is played, and its history kept in `target/life`.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use standin_contracts::contract::{Contract, VENDORS, builtin};
use standin_contracts::ledger;
use standin_test_suite::reference_sdk::ConformingSdk;
use standin_test_suite::report::Step;
use standin_test_suite::sdk::lives::{LifeBench, generate};

/// How many steps a life has.
const LONG: usize = 50;
/// All that is drawn follows from it.
const SEED: u64 = 1;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let steps: u64 = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let only = arguments.next().filter(|vendor| vendor != "all");
    let case: Option<u64> = arguments.next().map(|text| text.parse()).transpose()?;
    let junction = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/contracts/junction.yaml");
    let text = std::fs::read_to_string(&junction)?;
    let shipped = VENDORS.iter().filter_map(|vendor| builtin(vendor));
    for contract in shipped.chain([Contract::load("junction.yaml", &text)]) {
        let contract = Arc::new(contract.map_err(|refused| refused.to_string())?);
        if only.as_ref().is_none_or(|vendor| *vendor == contract.vendor) {
            vendor(&contract, steps, case).await?;
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "it tells how long it took")]
async fn vendor(contract: &Arc<Contract>, steps: u64, case: Option<u64>) -> Result<(), Box<dyn Error>> {
    let ledger = Arc::new(ledger::builtin(&contract.vendor)?);
    let bench = LifeBench {
        contract: contract.clone(),
        ledger,
        conduct: Arc::new(ConformingSdk),
        seed: SEED,
        history: case.map(|_| "target/life".into()),
    };
    let began = Instant::now();
    let cases = case.map_or(0..steps.div_ceil(LONG as u64), |case| case..case + 1);
    let lives = cases.end - cases.start;
    let mut events = 0;
    let mut alarms = 0;
    for case in cases {
        let life = generate(contract, SEED, case, LONG).ok_or("no life can be generated")?;
        let seen = bench.play(&life).await?;
        events += seen.events;
        if !seen.findings().is_empty() {
            alarms += 1;
            tell(&format!("life {case}: {:#?}\n{}", seen.findings(), told(&seen.proof)));
        }
    }
    let took = began.elapsed().as_secs_f64();
    let all = lives * LONG as u64;
    tell(&format!(
        "{:<14}{all} steps in {took:.1} s, {:.0} a second; {events} events; lives with findings: {alarms}",
        contract.vendor,
        all as f64 / took
    ));
    if alarms == 0 { Ok(()) } else { Err("a rule cried wolf".into()) }
}

#[expect(clippy::print_stdout, reason = "its numbers are what it is for")]
fn tell(line: &str) {
    println!("{line}");
}

fn told(proof: &[Step]) -> String {
    proof.iter().map(|step| format!("{:>6} {:<20} {}\n", step.seq, step.actors, step.said)).collect()
}
