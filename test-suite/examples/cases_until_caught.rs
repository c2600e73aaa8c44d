//! Measures how many generated cases it takes until each mutant of the SDK is caught by its own rule, how short the
//! case is then, and how fast cases are. `cargo run --release -p standin-test-suite --example cases_until_caught --
//! [SEEDS] [MUTANT]`; the default is ten seeds. Prints for each mutant: the vendor, the median over the seeds, and
//! the steps of the shortest case of the first seed.

use std::error::Error;
use std::io::{Write, stdout};
use std::sync::Arc;
use std::time::Instant;

use standin_contracts::contract::{Contract, VENDORS, builtin};
use standin_contracts::requirements;
use standin_test_suite::property_tests::{Only, PropertyTestPlan};
use standin_test_suite::reference_sdk::ConformingSdk;
use standin_test_suite::run::{Plan, SdkUnderTest};
use standin_test_suite::sdk::Sdk;
use standin_test_suite::sdk::cases::{SdkCaseRunner, quiet_runtime};
use standin_test_suite::sdk_mutants::{SDK_MUTANTS, SdkMutant};

/// The number of cases after which a mutant counts as missed.
const MOST: u64 = 300;
/// How many steps a case has.
const LONG: usize = 50;
const TIMED: u64 = 5000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let seeds: u64 = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let only = arguments.next();
    if only.is_none() {
        speed()?;
    }
    for mutant in SDK_MUTANTS.iter().filter(|mutant| only.as_ref().is_none_or(|name| mutant.name == name)) {
        searched(mutant, seeds)?;
    }
    Ok(())
}

fn contract(vendor: &str) -> Result<Arc<Contract>, Box<dyn Error>> {
    let contract = builtin(vendor).ok_or("the vendor is not shipped")?;
    Ok(Arc::new(contract.map_err(|refused| refused.to_string())?))
}

/// Prints how many cases and steps are generated, played and judged in a second, on every core.
#[expect(clippy::disallowed_methods, reason = "real time is what is measured")]
fn speed() -> Result<(), Box<dyn Error>> {
    for vendor in VENDORS {
        let contract = contract(vendor)?;
        let requirements = Arc::new(requirements::builtin(vendor)?);
        let threads = std::thread::available_parallelism()?.get() as u64;
        let began = Instant::now();
        let played: Result<(), String> = std::thread::scope(|scope| {
            let work = |thread: u64| {
                let runner =
                    SdkCaseRunner::of_reference(contract.clone(), requirements.clone(), Arc::new(ConformingSdk), 1);
                move || -> Result<(), String> {
                    let runtime = quiet_runtime().map_err(|error| error.to_string())?;
                    let config = runtime.block_on(runner.config()).map_err(|error| error.to_string())?;
                    for number in (thread..TIMED).step_by(usize::try_from(threads).unwrap_or(1)) {
                        let case = config.case(1, number, LONG)?;
                        runtime.block_on(runner.play(&case)).map_err(|error| error.to_string())?;
                    }
                    Ok(())
                }
            };
            let running: Vec<_> = (0..threads).map(|thread| scope.spawn(work(thread))).collect();
            running.into_iter().try_for_each(|one| one.join().map_err(|_| "a thread panicked".to_owned())?)
        });
        played?;
        let took = began.elapsed().as_secs_f64();
        let sdk_cases = TIMED as f64 / took;
        tell(&format!(
            "{vendor:<14}{TIMED} cases of {LONG} steps in {took:.1} s: {sdk_cases:.0} cases, {:.0} steps a second",
            sdk_cases * LONG as f64
        ))?;
    }
    Ok(())
}

/// Measures a mutant on the vendor on which the first seed catches it soonest.
fn searched(mutant: &SdkMutant, seeds: u64) -> Result<(), Box<dyn Error>> {
    let mut best: Option<(&str, u64)> = None;
    for vendor in VENDORS {
        let until = best.map_or(MOST, |(_, cases)| cases);
        if let Some(cases) = caught(mutant, vendor, 1, until)? {
            best = Some((vendor, cases));
        }
    }
    let Some((vendor, first)) = best else {
        return tell(&format!("{:<28}{:<32}not caught in {MOST} cases of any vendor", mutant.name, mutant.breaks));
    };
    let mut counts = vec![first];
    for seed in 2..=seeds {
        counts.push(caught(mutant, vendor, seed, MOST)?.unwrap_or(u64::MAX));
    }
    counts.sort_unstable();
    let missed = counts.iter().filter(|count| **count == u64::MAX).count();
    let median = counts[counts.len() / 2];
    let median = if median == u64::MAX { format!("over {MOST}") } else { median.to_string() };
    let short = shortest(mutant, vendor, first)?;
    let missed = if missed > 0 { format!(", {missed} of {seeds} seeds missed it") } else { String::new() };
    tell(&format!(
        "{:<28}{:<32}{vendor:<12} median {median:>4}, shrunk to {short} steps{missed}",
        mutant.name, mutant.breaks
    ))
}

/// The number of cases of a seed until the mutant is caught by its own rule.
fn caught(mutant: &SdkMutant, vendor: &str, seed: u64, most: u64) -> Result<Option<u64>, Box<dyn Error>> {
    let requirements = Arc::new(requirements::builtin(vendor)?);
    let runner =
        SdkCaseRunner::of_reference(contract(vendor)?, requirements, (mutant.make)(), seed).judging(mutant.breaks);
    let runtime = quiet_runtime()?;
    let config = runtime.block_on(runner.config())?;
    for number in 1..=most {
        let case = config.case(seed, number, LONG)?;
        if runtime.block_on(runner.play(&case))?.breaks(mutant.breaks) {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// The number of steps after shrinking the case, as a run does it.
fn shortest(mutant: &SdkMutant, vendor: &str, number: u64) -> Result<String, Box<dyn Error>> {
    let requirements = Arc::new(requirements::builtin(vendor)?);
    let sdk = SdkUnderTest { name: mutant.name.to_owned(), sdk: Sdk::Reference((mutant.make)()) };
    let mut plan = Plan::new(contract(vendor)?, requirements);
    (plan.sdk, plan.rule, plan.scenario) = (Some(sdk), Some(mutant.breaks.to_owned()), Some("first-start".to_owned()));
    plan.sdk_cases = PropertyTestPlan { cases: Some(number), only: None::<Only<_>>, ..PropertyTestPlan::default() };
    let report = tokio::runtime::Runtime::new()?.block_on(plan.run(&|_| {}))?;
    let findings = report.rules.iter().flat_map(|rule| &rule.findings);
    let steps = findings.filter_map(|finding| finding.case.as_ref()).map(|case| case.words.len()).min();
    Ok(steps.map_or_else(|| "?".to_owned(), |steps| steps.to_string()))
}

fn tell(line: &str) -> Result<(), Box<dyn Error>> {
    Ok(writeln!(stdout(), "{line}")?)
}
