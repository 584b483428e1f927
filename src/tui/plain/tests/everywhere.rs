//! The pods of all servers, in lines.

use super::Lines;
use crate::tui::testing::everywhere_answers;

#[test]
fn the_pods_of_all_servers_are_filtered_and_ordered_in_lines_too() {
    let program = Lines::full().say("pods @*").with(everywhere_answers).quietly();
    let mut program = program.say("/server:lab2 status:failed");
    let told = program.told();
    assert!(told.contains("Pods of all servers: 1 of 10; filter server:lab2 status:failed"), "{told}");
    assert!(told.contains("1. mesmer-da305008 0.12.2 - failed; on hpc-gpu of lab2") && !told.contains("2. "), "{told}");
    let mut program = program.say("1").wait(1_000);
    assert!(program.told().contains("Go to lab2?"));
    let mut program = program.say("no").quietly().say("back");
    assert!(program.told().contains("10. "), "all rows again");
    let mut program = program.say("sort").quietly().say("3");
    let told = program.told();
    assert!(told.contains("by name") && told.contains("1. cellpose-22eb1560"), "{told}");
    let mut program = program.say("/nothing-like-it");
    let told = program.told();
    assert!(told.contains("0 of 10") && told.contains("Nothing matches nothing-like-it."), "{told}");
}

#[test]
fn a_long_list_of_all_servers_is_printed_page_by_page() {
    let program = Lines::full().say("pods @*").with(everywhere_answers);
    let program = program.with(|mut driver| {
        driver.app.size = (200, 14);
        driver
    });
    let mut program = program.quietly().say("list");
    let told = program.told();
    assert!(told.contains(" more; more prints on.") && !told.contains("10. "), "{told}");
    let mut program = program.say("more").say("more");
    let told = program.told();
    assert!(told.contains("10. "), "{told}");
}
