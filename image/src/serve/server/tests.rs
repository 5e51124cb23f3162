use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Instant;

use camino::Utf8Path;
use tempfile::TempDir;

use super::*;
use crate::blob::LayerBlob;
use crate::compression::Compression;
use crate::layer::Layer;
use crate::recipe::{Recipe, RecipeLayer};
use crate::source::Source;

/// The bytes of the one file: more than sockets and chunks on their way hold.
const FILE_SIZE: usize = 16 << 20;

/// A server of an image with one layer, which is not compressed, and the path of that.
fn serving(patience: Duration) -> (Server, String) {
    let file = json!({ "path": "/file", "mode": 0o644, "uid": 0, "gid": 0, "text": "x".repeat(FILE_SIZE) });
    let layer = json!({ "reason": "a test", "paths": [], "files": [file] });
    let layer: Layer = serde_json::from_value(layer).unwrap();
    let (blob, _) = LayerBlob::write(&layer, Compression::None, io::sink()).unwrap();
    let path = format!("/v2/test/blobs/{}", blob.digest);
    let recipe: Recipe = serde_json::from_value(json!({
        "version": 1,
        "encoder": Compression::None.encoder(),
        "compression": Compression::None,
        "name": "test",
        "tag": "latest",
        "platform": { "architecture": "amd64", "variant": null, "os": "linux" },
        "config": "{}",
        "annotations": {},
        "nixSnapshotter": false,
        "layers": [RecipeLayer { layer, blob }],
    }))
    .unwrap();
    let folder = TempDir::new().unwrap();
    let directory = Utf8Path::from_path(folder.path()).unwrap().join("recipe");
    recipe.write(&directory).unwrap();
    let registry = Registry::new(vec![Source::read(&directory).unwrap()]).unwrap();
    let server = Server::with_patience(registry, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), patience).unwrap();
    (server, path)
}

/// A client that has asked for a path, and has read as many bytes of the answer.
fn asked(server: &Server, path: &str, bytes: usize) -> TcpStream {
    let address = server.address();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    stream.read_exact(&mut vec![0; bytes]).unwrap();
    stream
}

/// How many bytes are left for a client until the connection ends, in whatever way.
fn left(mut stream: TcpStream) -> usize {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    bytes.len()
}

/// Waits until all places are free: those of transfers, and those of connections but for the one that is waited for.
fn wait_for_free_places(server: &Server) {
    let free = || [&server.shared.transfers, &server.shared.connections].map(|places| places.available_permits());
    let start = Instant::now();
    while free() != [TRANSFERS, CONNECTIONS - 1] {
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", free());
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn clients_that_hang_up_in_the_middle_leave_their_places() {
    // They are not waited for: that they are gone is seen.
    let (server, path) = serving(Duration::from_secs(1000));
    for _ in 0..3 {
        let clients: Vec<_> = (0..TRANSFERS).map(|_| asked(&server, &path, 1 << 20)).collect();
        assert_eq!(server.shared.transfers.available_permits(), 0);
        drop(clients);
        wait_for_free_places(&server);
    }
    assert_eq!(server.sent(), Sent::default());
    assert!(left(asked(&server, &path, 0)) > FILE_SIZE);
    // The client may have it all before the server has noted that.
    wait_for_free_places(&server);
    assert_eq!((server.sent().layers.len(), server.sent().errors.len()), (1, 0));
}

#[test]
fn a_client_that_takes_nothing_loses_its_place() {
    let (server, path) = serving(Duration::from_millis(600));
    let slow: Vec<_> = (0..TRANSFERS).map(|_| asked(&server, &path, 1)).collect();
    assert_eq!(server.shared.transfers.available_permits(), 0);
    // Another one waits for a place, and then has the whole layer.
    assert!(left(asked(&server, &path, 0)) > FILE_SIZE);
    wait_for_free_places(&server);
    for stream in slow {
        let found = left(stream);
        assert!(found < FILE_SIZE, "{found}");
    }
    assert_eq!((server.sent().layers.len(), server.sent().errors.len()), (1, 0));
}

#[test]
fn a_range_to_the_end_has_a_start() {
    for (range, start) in [
        ("bytes=0-", Some(0)),
        ("bytes=5-", Some(5)),
        ("bytes=5-9", Some(5)),
        ("bytes=5-99", Some(5)),
        ("bytes=5-8", None),
        ("bytes=-5", None),
        ("bytes=1-2,4-", None),
        ("items=0-", None),
        ("", None),
    ] {
        assert_eq!(range_start(range, 10), start, "{range}");
    }
}
