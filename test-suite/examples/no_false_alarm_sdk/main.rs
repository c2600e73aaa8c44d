//! Plays generated cases against the reference SDK and every conforming variant, on which no rule may find anything,
//! and a week of syncs every eight hours. `cargo run --release -p standin-test-suite --example no_false_alarm_sdk --
//! [STEPS] [VENDOR] [CASE]`; the default is 100,000 steps for each vendor. With the number of a case only that one is
//! played, and its history kept in `target/case`.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use standin_contracts::contract::{Contract, VENDORS, builtin};
use standin_contracts::protocol::Millis;
use standin_contracts::requirements;
use standin_test_suite::reference_sdk::{ConformingSdk, SdkBehaviour};
use standin_test_suite::report::Step;
use standin_test_suite::sdk::cases::{SdkCase, SdkCaseRunner, SdkStep, quiet_runtime};
use standin_test_suite::sdk_variants::SDK_VARIANTS;

/// How many steps a case has.
const LONG: usize = 50;
/// Seed for all randomness.
const SEED: u64 = 1;
/// The sync interval in the week.
const CADENCE: Millis = Millis::from_secs(8 * 3600);

fn main() -> Result<(), Box<dyn Error>> {
    quiet_runtime()?.block_on(play_all())
}

async fn play_all() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let steps: u64 = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let only = arguments.next().filter(|vendor| vendor != "all");
    let number: Option<u64> = arguments.next().map(|text| text.parse()).transpose()?;
    let junction = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/contracts/junction.yaml");
    let text = std::fs::read_to_string(&junction)?;
    let shipped = VENDORS.iter().filter_map(|vendor| builtin(vendor));
    let mut alarms = 0;
    for contract in shipped.chain([Contract::load("junction.yaml", &text)]) {
        let contract = Arc::new(contract.map_err(|refused| refused.to_string())?);
        if only.as_ref().is_none_or(|vendor| *vendor == contract.vendor) {
            week(&contract).await?;
            alarms += vendor(&contract, steps, number).await?;
        }
    }
    if alarms == 0 { Ok(()) } else { Err("a rule cried wolf".into()) }
}

fn runner(
    contract: &Arc<Contract>,
    behaviour: Arc<dyn SdkBehaviour>,
    number: Option<u64>,
) -> Result<SdkCaseRunner, Box<dyn Error>> {
    let requirements = Arc::new(requirements::builtin(&contract.vendor)?);
    let history = number.map(|_| "target/case".into());
    Ok(SdkCaseRunner::of_reference(contract.clone(), requirements, behaviour, SEED).keeping(history))
}

/// Seven days in which data is recorded and submitted three times a day.
#[expect(clippy::disallowed_methods, reason = "it tells how long it took")]
async fn week(contract: &Arc<Contract>) -> Result<(), Box<dyn Error>> {
    let who = 0;
    let mut steps = vec![
        SdkStep::Create { who, user: 0, times: 1 },
        SdkStep::SetInterval { who, span: CADENCE },
        SdkStep::StartSync(who),
    ];
    for _ in 0..21 {
        steps.extend([SdkStep::Record { who, items: 5 }, SdkStep::Pass(CADENCE)]);
    }
    let case = SdkCase { steps };
    let began = Instant::now();
    let seen = runner(contract, Arc::new(ConformingSdk), None)?.play(&case).await?;
    let took = began.elapsed().as_secs_f64();
    tell(&format!("{:<14}seven days, every 8 h: {took:.2} s, {:?}", contract.vendor, seen.findings()));
    Ok(())
}

/// Plays cases against the reference and each variant by turns. Returns how many had findings.
#[expect(clippy::disallowed_methods, reason = "it tells how long it took")]
async fn vendor(contract: &Arc<Contract>, steps: u64, number: Option<u64>) -> Result<usize, Box<dyn Error>> {
    let reference: (&str, fn() -> Arc<dyn SdkBehaviour>) = ("reference", || Arc::new(ConformingSdk));
    let lawful = SDK_VARIANTS.iter().filter(|variant| (variant.fits)(contract));
    let kinds: Vec<_> = std::iter::once(reference).chain(lawful.map(|variant| (variant.name, variant.make))).collect();
    let cases = number.map_or(0..steps.div_ceil(LONG as u64), |number| number..number + 1);
    let all = (cases.end - cases.start) * LONG as u64;
    let (began, mut events, mut alarms) = (Instant::now(), 0, 0);
    for case_now in cases {
        let (name, make) = kinds[usize::try_from(case_now)? % kinds.len()];
        let runner = runner(contract, make(), number)?;
        let case = runner.config().await?.case(SEED, case_now, LONG)?;
        let seen = runner.play(&case).await.map_err(|error| format!("case {case_now}, {name}: {error}"))?;
        events += seen.events.len();
        if !seen.findings().is_empty() {
            alarms += 1;
            tell(&format!("case {case_now}, {name}: {:#?}\n{}", seen.findings(), told(&seen.proof())));
        }
    }
    let took = began.elapsed().as_secs_f64();
    tell(&format!(
        "{:<14}{all} steps of {} kinds in {took:.1} s, {:.0} a second; {events} events; cases with findings: {alarms}",
        contract.vendor,
        kinds.len(),
        all as f64 / took
    ));
    Ok(alarms)
}

fn told(proof: &[Step]) -> String {
    proof.iter().map(|step| format!("{:>6} {:<20} {}\n", step.seq, step.actors, step.said)).collect()
}

#[expect(clippy::print_stdout, reason = "its numbers are what it is for")]
fn tell(line: &str) {
    println!("{line}");
}
