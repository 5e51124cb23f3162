//! `testContainers`: scripts that start several containers, which talk to each other, in Nix's sandbox.

use serde_json::Value;

use super::script::result;
use crate::support::nix;

/// A database, and a web server that asks it: redis, and busybox with a CGI program.
pub const DB_AND_WEB: &str = r#"
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

pub const START: &str = "
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

#[test]
fn twenty_tests_run_at_once() {
    let tests = format!(
        "(let {DB_AND_WEB} in map (number: testContainers {{
           name = \"number-${{toString number}}\";
           nodes = {{ inherit db web; }};
           packages = [ pkgs.curl ];
           script = {};
         }}) (builtins.genList (number: number) 20))",
        nix::string(&format!("{START}\n[ \"$(curl --silent --fail --max-time 20 http://web/cgi-bin/visits)\" = 1 ]\n"))
    );
    let output = nix::nix_build(&tests).args(["--max-jobs", "20"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 20);
}
