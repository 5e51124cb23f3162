//! `container.test { script = …; }` and `testContainers`: scripts that start containers and talk to them, in Nix's sandbox.

use std::fs;

use serde_json::Value;

use crate::support::nix;

/// A web server that serves a page on this port.
fn web(port: &str, arguments: &str) -> String {
    format!(
        "(buildContainer {{
           name = \"web\";
           args = [ \"busybox\" \"httpd\" \"-f\" \"-v\" \"-p\" \"{port}\" \"-h\" \"/www\" ];
           contents = [ pkgs.busybox ];
           files.\"/www/index.html\".text = \"a page\\n\";
           {arguments}
         }})"
    )
}

/// A test of a container with this script.
fn test(container: &str, script: &str) -> String {
    let script = nix::string(script);
    format!("({container}.test {{ packages = [ pkgs.curl ]; script = {script}; }})")
}

/// Builds a test, and gives its result.
fn result(test: &str) -> Value {
    let built = nix::build(test);
    serde_json::from_slice(&fs::read(built.join("result.json")).unwrap()).unwrap()
}

#[test]
fn a_script_starts_a_server_and_asks_it_something() {
    let script = "
      [ \"$(container status)\" = 'not started' ]
      container start
      container wait-port 8080
      [ \"$(container status)\" = running ]
      [ \"$(curl --silent --fail http://web:8080/)\" = 'a page' ]
      container wait-output 'response:200'
      container logs | grep --quiet 'response:200'
      [ \"$(container exec busybox wget -q -O - http://localhost:8080/)\" = 'a page' ]
      container stop --time 1
      [ \"$(container status)\" = 'exited 137' ]
    ";
    let result = result(&test(&web("8080", ""), script));
    let run = &result["containers"]["web"]["runs"][0];
    assert_eq!(run["exitCode"], 137);
    assert!(run["output"].as_str().unwrap().contains("response:200"), "{run}");
    assert!(run["endedAt"].as_u64().unwrap() >= run["startedAt"].as_u64().unwrap(), "{run}");
    assert!(result["milliseconds"].as_u64().unwrap() >= run["endedAt"].as_u64().unwrap(), "{result}");
}

/// Each is a mistake that people make, with what has to be said of it.
#[test]
fn breaking_a_container_breaks_its_test_with_the_reason() {
    let script = "
      container start
      container wait-port 8080 --timeout 2
      curl --silent --fail http://web:8080/
    ";
    // A port that changes.
    let said = nix::build_fails(&test(&web("8081", ""), script));
    assert!(said.contains("container: nobody listens on port 8080 after 2 s; open is: 8081\n"), "{said}");
    assert!(said.contains("line 3 of the script: exit code 1: container wait-port 8080 --timeout 2\n"), "{said}");
    assert!(said.contains("web was running, and has printed nothing\n"), "{said}");
    assert!(said.contains("run its attribute 'interactive'"), "{said}");
    // A misspelt argument of the program.
    let said = nix::build_fails(&test(&web("8080\" \"--verbos", ""), script));
    assert!(said.contains("container: nobody listens on port 8080: it has ended with exit code 1\n"), "{said}");
    assert!(said.contains("web | httpd: unrecognized option '--verbos'\n"), "{said}");
    assert!(said.contains("web had ended with exit code 1; its last lines:\n  httpd: unrecognized option"), "{said}");
    // A file that it needs.
    let said = nix::build_fails(&test(
        &web("8080", "extend = null;").replace("extend = null;", ""),
        &script.replace("8080/", "8080/other"),
    ));
    assert!(said.contains("exit code 22: curl --silent --fail http://web:8080/other\n"), "{said}");
    assert!(said.contains("web was running; its last lines:\n"), "{said}");
    assert!(said.contains("response:404"), "{said}");
}

#[test]
fn what_a_script_does_wrong_is_said() {
    let container = web("8080", "");
    for (script, said) in [
        ("container stop", "container: it has not been started\n"),
        ("container start; container start", "container: it is running; 'stop' it first\n"),
        ("container wait-port http", "container: invalid value 'http' for '<PORT>': want a port from 1 to 65535"),
        ("container signal TREM", "container: invalid value 'TREM' for '<SIGNAL>': want a number, or one of ABRT"),
        ("container strat", "container: unrecognized subcommand 'strat'"),
        (
            "container start; container wait-output '' --timeout 1",
            "container: found a text of 0 bytes, want 1 to 4096\n",
        ),
        ("container start; container wait-output x --timeout 1", "container: it has not printed \"x\" after 1 s\n"),
        ("container start; container exec none", "none"),
        ("container start -- none; container wait-port 80", "it has ended with exit code 127\n"),
        ("network cut wbe", "network: wbe: no such container of this test (did you mean 'web'?)\n"),
        ("container start; container wait --timeout 1", "container: it has not ended after 1 s\n"),
        ("exit 7", "container.test: the script has ended with exit code 7\n"),
    ] {
        let found = nix::build_fails(&test(&container, &format!("{script}\nfalse\n")));
        assert!(found.contains(said), "{script}: {found}");
        assert!(!found.contains("panicked"), "{found}");
    }
    for (arguments, said) in [
        ("packages = [ pkgs.curl ];", "test.packages: is for a test with a 'script', and this one has none"),
        ("script = \"\"; packages = [ 1 ];", "test.packages: found 1 (an integer), want packages, such as pkgs.curl"),
        ("script = \"\"; packages = pkgs.curl;", "test.packages: found "),
        ("script = \"\"; exitCode = 1;", "container.test: exitCode: is for a test without a script"),
    ] {
        let found = nix::build_fails(&format!("{container}.test {{ {arguments} }}"));
        assert!(found.contains(said), "{arguments}: {found}");
    }
}

/// A database, and a web server that asks it: redis, and busybox with a CGI program.
const DB_AND_WEB: &str = r#"
  db = buildContainer {
    name = "db";
    args = [ "redis-server" "--protected-mode" "no" "--save" "" ];
    contents = [ pkgs.redis ];
  };
  web = buildContainer {
    name = "web";
    args = [ "busybox" "httpd" "-f" "-v" "-p" "80" "-h" "/www" ];
    contents = [ pkgs.busybox pkgs.redis ];
    files."/www/cgi-bin/visits" = {
      executable = true;
      text = ''
        #!/bin/sh
        printf 'Content-Type: text/plain\r\n\r\n'
        exec timeout 2 redis-cli -h db incr visits
      '';
    };
  };
"#;

/// A test of both.
fn db_and_web(script: &str) -> String {
    let script = nix::string(script);
    format!(
        "(let {DB_AND_WEB} in testContainers {{
           nodes = {{ inherit db web; }};
           packages = [ pkgs.curl ];
           script = {script};
         }})"
    )
}

const START: &str = "
  container db start
  container web start
  container db wait-port 6379
  container web wait-port 80
";

#[test]
fn containers_talk_over_their_network_until_it_is_cut() {
    let result = result(&db_and_web(&format!(
        "{START}
         visits() {{ curl --silent --fail --max-time 5 http://web/cgi-bin/visits; }}
         [ \"$(visits)\" = 1 ]
         [ \"$(visits)\" = 2 ]
         network cut web db
         [ \"$(visits)\" = '' ]
         # Both are reached by the script, and the other way round.
         curl --silent --head http://web/ | grep --quiet 404
         container db exec redis-cli -h db ping | grep --quiet PONG
         network heal
         [ \"$(visits)\" = 3 ]
         network cut db
         [ \"$(visits)\" = '' ]
         network heal
         [ \"$(visits)\" = 4 ]
         # What is cut stays cut for one that is started again, which forgets nothing but its database.
         network cut db web
         container db stop
         container db start
         container db wait-port 6379
         [ \"$(visits)\" = '' ]
         network heal
         [ \"$(visits)\" = 1 ]
        "
    )));
    assert_eq!(result["containers"]["db"]["runs"].as_array().unwrap().len(), 2, "{result}");
    assert_eq!(result["containers"]["db"]["runs"][0]["exitCode"], 0, "{result}");
    assert_eq!(result["containers"]["web"]["runs"][0]["exitCode"], Value::Null, "{result}");
}
