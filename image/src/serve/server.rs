//! The server: requests in, answers out.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::header::{ACCEPT_RANGES, ALLOW, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HOST, HeaderValue, RANGE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{Notify, Semaphore};

use super::body::{LayerWriter, pair};
use super::registry::{Answer, LayerPlace, Registry};
use crate::digest::Digest;

/// How many layers are made at the same time. More clients wait.
const TRANSFERS: usize = 8;

/// How many connections there are at the same time. More clients wait.
const CONNECTIONS: usize = 256;

/// How long a client may take to send the head of a request.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);

/// How long a client may take nothing of a layer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many bytes the head of a request may have.
const LONGEST_HEAD: usize = 64 << 10;

/// A registry that answers on a socket, until it is dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    _runtime: Runtime,
}

struct Shared {
    registry: Registry,
    /// The names by which this server may be called; any if it listens for others than this host.
    hosts: Option<Vec<String>>,
    transfers: Arc<Semaphore>,
    connections: Arc<Semaphore>,
    /// How long a client may take nothing of a layer.
    patience: Duration,
    sent: Mutex<Sent>,
}

/// What was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// The bytes of each layer that was sent to its end.
    pub layers: BTreeMap<Digest, u64>,
    /// What kept a layer from being sent.
    pub errors: Vec<String>,
}

/// What a request wants of a layer.
struct Wanted {
    range: Option<String>,
    is_head: bool,
    /// Ends the connection.
    given_up: Arc<Notify>,
}

type Answered = Response<UnsyncBoxBody<Bytes, io::Error>>;

impl Server {
    /// Starts it at an address; a port of 0 is a free one.
    ///
    /// # Errors
    /// The address cannot be had.
    pub fn start(registry: Registry, address: SocketAddr) -> Result<Self> {
        Self::with_patience(registry, address, PATIENCE)
    }

    fn with_patience(registry: Registry, address: SocketAddr, patience: Duration) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(TRANSFERS)
            .enable_all()
            .build()
            .context("starting threads")?;
        let listener = runtime.block_on(TcpListener::bind(address));
        let listener = listener.with_context(|| format!("listening at {address}"))?;
        let address = listener.local_addr().context("looking at the address")?;
        let port = address.port();
        let hosts = address
            .ip()
            .is_loopback()
            .then(|| ["127.0.0.1", "localhost", "[::1]"].iter().map(|host| format!("{host}:{port}")).collect());
        let transfers = Arc::new(Semaphore::new(TRANSFERS));
        let connections = Arc::new(Semaphore::new(CONNECTIONS));
        let sent = Mutex::default();
        let shared = Arc::new(Shared { registry, hosts, transfers, connections, patience, sent });
        runtime.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, _runtime: runtime })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was sent until now.
    pub fn sent(&self) -> Sent {
        self.shared.sent().clone()
    }

    /// Serves for ever.
    pub fn wait(&self) -> ! {
        loop {
            thread::park();
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok(permit) = Arc::clone(&shared.connections).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Too many open files, for a while.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let given_up = Arc::new(Notify::new());
            let service = service_fn(|request| {
                let (shared, given_up) = (Arc::clone(&shared), Arc::clone(&given_up));
                async move { Ok::<_, Infallible>(shared.answer(request, given_up).await) }
            });
            let mut builder = http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).max_buf_size(LONGEST_HEAD);
            let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
            let mut given_up = pin!(given_up.notified());
            // A client that hangs up is no business of ours. One that takes nothing would keep the connection for ever, as nobody
            // looks at a body before the bytes in front of it are gone.
            poll_fn(|context| {
                let is_over =
                    connection.as_mut().poll(context).is_ready() || given_up.as_mut().poll(context).is_ready();
                if is_over { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            drop(permit);
        });
    }
}

impl Shared {
    fn sent(&self) -> std::sync::MutexGuard<'_, Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>, given_up: Arc<Notify>) -> Answered {
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        // A page in a browser could have a name that leads here.
        if self.hosts.as_ref().is_some_and(|hosts| !hosts.iter().any(|known| known == host)) {
            return refusal(StatusCode::MISDIRECTED_REQUEST, "DENIED", "this registry is for this host alone");
        }
        let is_head = request.method() == Method::HEAD;
        if !is_head && request.method() != Method::GET {
            let mut refused = refusal(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "this registry is to pull from");
            refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refused;
        }
        let answer = match self.registry.answer(request.uri().path()) {
            Answer::Base => whole(b"{}".to_vec(), "application/json", None),
            Answer::Document(document, kind) => whole(document.bytes.clone(), kind, Some(&document.digest)),
            Answer::Made(value, kind) => whole(value.to_string().into_bytes(), kind, None),
            Answer::None(code) => refusal(StatusCode::NOT_FOUND, code, "there is no such thing here"),
            Answer::Layer(place) => {
                let range = request.headers().get(RANGE).and_then(|range| range.to_str().ok()).map(str::to_owned);
                return Arc::clone(&self).layer(place, Wanted { range, is_head, given_up }).await;
            }
        };
        if is_head { answer.map(|_| nothing()) } else { answer }
    }

    /// A layer, or what is left of it from a byte on.
    async fn layer(self: Arc<Self>, place: LayerPlace, wanted: Wanted) -> Answered {
        let Wanted { range, is_head, given_up } = wanted;
        let (_, layer) = self.registry.layer(place);
        let size = layer.blob.size;
        let (digest, paths) = (layer.blob.digest.clone(), &layer.layer.paths);
        if let Some(gone) = paths.iter().find(|path| path.symlink_metadata().is_err()) {
            let problem = format!("the store path '{}' is gone; build the image again", gone.display());
            self.sent().errors.push(problem.clone());
            return refusal(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", &problem);
        }
        let start = match range.map(|range| range_start(&range, size)) {
            None | Some(None) => 0,
            Some(Some(start)) if start < size => start,
            Some(Some(_)) => {
                let mut refused =
                    refusal(StatusCode::RANGE_NOT_SATISFIABLE, "SIZE_INVALID", "the layer is not that long");
                refused.headers_mut().insert(CONTENT_RANGE, value(&format!("bytes */{size}")));
                return refused;
            }
        };
        let mut answer = Response::new(nothing());
        if start > 0 {
            *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
            let range = format!("bytes {start}-{}/{size}", size - 1);
            answer.headers_mut().insert(CONTENT_RANGE, value(&range));
        }
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        headers.insert(CONTENT_LENGTH, (size - start).into());
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert("docker-content-digest", value(&digest.to_string()));
        if is_head {
            return answer;
        }
        let Ok(permit) = Arc::clone(&self.transfers).acquire_owned().await else { return answer };
        let (writer, body) = pair(size, start, self.patience);
        tokio::task::spawn_blocking(move || {
            if !self.make(place, writer) {
                given_up.notify_one();
            }
            drop(permit);
        });
        answer.map(|_| UnsyncBoxBody::new(body))
    }

    /// Makes the bytes of a layer. If they are not what they should be, the client sees a connection that ends early. Says whether
    /// the client has taken what it was given.
    fn make(&self, place: LayerPlace, writer: LayerWriter) -> bool {
        let (recipe, layer) = self.registry.layer(place);
        let made = layer.blob.write_again(&layer.layer, recipe.compression, writer);
        match made.and_then(|writer| Ok(writer.finish()?)) {
            Ok(()) => drop(self.sent().layers.insert(layer.blob.digest.clone(), layer.blob.size)),
            Err(error) if is_hang_up(&error) => return false,
            Err(error) => self.sent().errors.push(format!("{error:#}")),
        }
        true
    }
}

fn is_hang_up(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// The first byte of a range to the end (RFC 9110, 14.1.2); nothing for another range, which may be ignored.
fn range_start(range: &str, size: u64) -> Option<u64> {
    let (start, end) = range.strip_prefix("bytes=")?.split_once('-')?;
    let is_to_end = end.is_empty() || end.parse::<u64>().is_ok_and(|end| end >= size.saturating_sub(1));
    start.parse().ok().filter(|_| is_to_end)
}

fn whole(bytes: Vec<u8>, kind: &'static str, digest: Option<&Digest>) -> Answered {
    let length = bytes.len();
    let mut answer = Response::new(UnsyncBoxBody::new(Full::from(bytes).map_err(|never| match never {})));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_LENGTH, length.into());
    headers.insert("docker-distribution-api-version", HeaderValue::from_static("registry/2.0"));
    if let Some(digest) = digest {
        headers.insert("docker-content-digest", value(&digest.to_string()));
    }
    answer
}

/// An error as the specification has it (spec.md, "Error Codes").
fn refusal(status: StatusCode, code: &str, message: &str) -> Answered {
    let document = json!({ "errors": [{ "code": code, "message": message }] });
    let mut answer = whole(document.to_string().into_bytes(), "application/json", None);
    *answer.status_mut() = status;
    answer
}

fn nothing() -> UnsyncBoxBody<Bytes, io::Error> {
    UnsyncBoxBody::new(Empty::new().map_err(|never| match never {}))
}

/// Digests and numbers have no character that a header cannot have.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests;
