//! Coverage, crash points and fleets as text for a terminal.

use super::terminal::Page;
use super::{CoverageGroup, CoverageReport, CrashesReport, FleetReport, Missed, Why};

/// The heights of the fleet's curve, lowest first.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// How many missed items of a kind are named.
const NAMED: usize = 6;

impl Page {
    /// Shows what was covered and what was missed.
    pub(super) fn coverage(&mut self, coverage: &CoverageReport) {
        let counts: Vec<String> = coverage.parts().iter().map(|(name, part)| counted(name, part)).collect();
        let transitions = coverage.transitions.len();
        self.line(&format!("  covered: {}, {transitions} transitions of the vendor's state", counts.join(", ")));
        for (name, part) in coverage.parts() {
            for why in [Why::Budget, Why::Capability] {
                self.missed(name, part, why);
            }
        }
        let beyond: usize = coverage.parts().iter().map(|(_, part)| missed(part, Why::Unreachable).count()).sum();
        if beyond > 0 {
            self.line(&format!("  beyond an SDK that keeps to the contract: {beyond} more"));
        }
    }

    fn missed(&mut self, name: &str, part: &CoverageGroup, why: Why) {
        let all: Vec<&Missed> = missed(part, why).collect();
        if all.is_empty() {
            return;
        }
        let named: Vec<&str> = all.iter().take(NAMED).map(|one| one.what.as_str()).collect();
        let more = all.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        let reason = match why {
            Why::Capability => " (the adapter lacks what it takes)",
            Why::Budget | Why::Unreachable => "",
        };
        self.line(&format!("  not covered, {name}{reason}: {}{more}", named.join(", ")));
    }

    pub(super) fn crashes(&mut self, crashes: &CrashesReport) {
        let CrashesReport { points, played, took_ms, only, .. } = crashes;
        if let Some(only) = only {
            self.line(&format!("  {only}"));
            return;
        }
        let seconds = format!("{}.{}s", took_ms / 1000, took_ms % 1000 / 100);
        self.line(&format!("  killed at {played} of {points} places in the scenarios, in {seconds}"));
    }

    pub(super) fn fleet(&mut self, fleet: &FleetReport) {
        let FleetReport { installs, outage, base_ms, peak_after, recovered, recovered_ms, .. } = fleet;
        let outage_s = outage / 1000;
        self.line(&format!("  a fleet of {installs}, whose vendor fails for {outage_s}s and is well again"));
        let tenths: Vec<String> = fleet.first_retries.iter().map(ToString::to_string).collect();
        self.line(&format!("    first retries in each tenth of {base_ms} ms: {}", tenths.join(" ")));
        let most = fleet.curve.iter().map(|slot| slot.requests).max().unwrap_or_default().max(1);
        let bar = |requests: u64| match requests {
            0 => ' ',
            some => BARS[((some * 8).div_ceil(most).clamp(1, 8) - 1) as usize],
        };
        let curve: String = fleet.curve.iter().map(|slot| bar(slot.requests)).collect();
        let width = fleet.curve.get(1).map_or(0, |slot| slot.from_ms);
        self.line(&format!("    requests over time, {width} ms a column, at most {most}: |{curve}|"));
        let half = fleet.curve.iter().filter(|slot| slot.from_ms < *outage).count();
        self.line(&format!("    {:>56}{}^ well again", "", " ".repeat(half)).replacen(&" ".repeat(20), "", 1));
        self.line(&format!(
            "    {recovered} of {installs} got through again, the last after {}s; at most {peak_after} requests in a second then",
            recovered_ms / 1000
        ));
    }
}

fn counted(name: &str, part: &CoverageGroup) -> String {
    format!("{} of {} {name}", part.covered.len(), part.most())
}

fn missed(part: &CoverageGroup, why: Why) -> impl Iterator<Item = &Missed> {
    part.missed.iter().filter(move |one| one.why == why)
}
