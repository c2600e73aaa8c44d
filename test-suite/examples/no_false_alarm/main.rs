//! Runs property tests on the reference backend and every conforming variant, on which no rule may find anything.
//! That shows that a finding is never a false alarm. `cargo run --release -p standin-test-suite --example
//! no_false_alarm -- [STEPS]`; the default is 100,000 steps for each vendor.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use standin_contracts::contract::{Contract, VENDORS, builtin};
use standin_contracts::requirements;
use standin_test_suite::driver::Launch;
use standin_test_suite::property_tests::PropertyTestPlan;
use standin_test_suite::reference::{BackendBehaviour, Conforming, varied_config_for};
use standin_test_suite::report::{RunDocument, exit, render};
use standin_test_suite::run::{BackendUnderTest, Plan};
use standin_test_suite::variants::VARIANTS;

/// About how many steps a case has.
const STEPS_A_CASE: u64 = 7;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let steps: u64 = std::env::args().nth(1).map_or(Ok(100_000), |text| text.parse())?;
    let junction = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/contracts/junction.yaml");
    let text = std::fs::read_to_string(&junction)?;
    let shipped = VENDORS.iter().filter_map(|vendor| builtin(vendor));
    for contract in shipped.chain([Contract::load("junction.yaml", &text)]) {
        let contract = Arc::new(contract.map_err(|refused| refused.to_string())?);
        vendor(&contract, steps).await?;
    }
    Ok(())
}

/// Tests every conforming backend on one vendor. The steps are divided evenly.
async fn vendor(contract: &Arc<Contract>, steps: u64) -> Result<(), Box<dyn Error>> {
    let conforming: fn() -> Arc<dyn BackendBehaviour> = || Arc::new(Conforming);
    let reference = ("reference", conforming, None);
    let variants = VARIANTS.iter().map(|variant| (variant.name, variant.make, Some(variant.adapt)));
    let cases = steps / (VARIANTS.len() as u64 + 1) / STEPS_A_CASE + 1;
    let (mut played, mut took) = (0, 0);
    for (name, make, adapt) in std::iter::once(reference).chain(variants) {
        let mut config = varied_config_for(contract)?;
        if let Some(adapt) = adapt {
            adapt(&mut config);
        }
        let plan = Plan {
            backend: Some(BackendUnderTest { config, launch: Launch::Anew(make) }),
            command: format!("{name} of {}", contract.vendor),
            backend_cases: PropertyTestPlan { cases: Some(cases), ..PropertyTestPlan::default() },
            ..Plan::new(contract.clone(), Arc::new(requirements::builtin(&contract.vendor)?))
        };
        let report = plan.run(&|_| {}).await?;
        let tested =
            report.property_tests.as_ref().and_then(|tests| tests.cases.first()).ok_or("no cases were played")?;
        played += tested.steps;
        took += tested.took_ms;
        let document = RunDocument::new(1, vec![report]);
        if document.exit_code != exit::CLEAN {
            return Err(format!("{name}:\n{}", render(&document, false)).into());
        }
    }
    tell(&format!(
        "{:<14}{played} steps in {took} ms, {} a second: no finding",
        contract.vendor,
        played * 1000 / took.max(1)
    ));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "its numbers are what it is for")]
fn tell(line: &str) {
    println!("{line}");
}
