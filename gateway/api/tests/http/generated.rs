//! The TypeScript face of what the API takes and answers, committed for the pages: it must be what would be written today.

use farhand_api::{
    JournalEntryView, LeaseAnswer, LeaseRequest, LoginRequest, Me, QuicWay, VehicleView, ViewerAnswer, ViewerRequest, WayAnswer,
};
use farhand_lease::Role;
use std::path::Path;
use ts_rs::{Config, TS};

const FILE: &str = "operator-console/web/src/wire/generated/http.ts";
const HEAD: &str = "// Made by `cargo xtask generate` from gateway/api. Do not edit: change the Rust types.\n\n\
    import type { CameraSummary, LeaseEpoch, OperatorName, Outline, VehicleId, VehicleState } from \"./protocol\";\n";

/// The whole file.
fn text() -> String {
    let config = Config::default();
    let mut text = HEAD.to_owned();
    macro_rules! types {
        ($($name:ident),* $(,)?) => {
            $(
                let (docs, declaration) = (<$name as TS>::docs().unwrap_or_default(), <$name as TS>::decl(&config));
                text.extend(["\n", &docs, "export ", &declaration, "\n"]);
            )*
        };
    }
    types!(
        Role,
        Me,
        LoginRequest,
        VehicleView,
        ViewerRequest,
        ViewerAnswer,
        WayAnswer,
        QuicWay,
        LeaseRequest,
        LeaseAnswer,
        JournalEntryView
    );
    let roles = serde_json::to_string(&Role::ALL).expect("roles are words");
    text.push_str("\n/** Every `Role`, each allowing what the ones before it allow. */\n");
    text.extend(["export const ROLES: readonly Role[] = ", &roles, ";\n"]);
    text
}

#[test]
fn the_pages_types_of_the_api_are_those_of_today() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(FILE);
    if std::env::var_os("FARHAND_GENERATE").is_some() {
        std::fs::write(&path, text()).expect("the file can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text(), "{FILE} is stale: run `cargo xtask generate` and commit what it writes");
}
