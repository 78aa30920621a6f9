//! The connections: plain ones and encrypted ones, answered or broken off.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::Sleep;
use tokio_rustls::TlsAcceptor;

/// Larger bodies than this none of the services take.
const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// How long to wait when the system has no more connections to give.
const BREATH: Duration = Duration::from_millis(100);

/// A request as it came, its body whole.
pub struct Arrived {
    pub parts: http::request::Parts,
    /// Nothing when it is too large.
    pub body: Option<Bytes>,
    /// Came over TLS.
    pub secure: bool,
}

/// The connection ends here, without a word.
#[derive(Debug, PartialEq, Eq)]
pub struct Gone;

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is broken off")
    }
}

impl std::error::Error for Gone {}

/// Who answers.
pub trait Answer: Clone + Send + Sync + 'static {
    fn answer(
        &self,
        request: Arrived,
    ) -> impl Future<Output = Result<http::Response<Body>, Gone>> + Send + 'static;
}

/// Takes connections until told to stop; what is under way is answered.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    answerer: impl Answer,
    mut stop: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    loop {
        let taken = tokio::select! {
            taken = listener.accept() => taken,
            _ = stop.wait_for(|stopped| *stopped) => break,
        };
        let Ok((stream, _)) = taken else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let reset = Arc::new(AtomicBool::new(false));
        let stream = Plug { stream, reset: Arc::clone(&reset) };
        let (answerer, watcher) = (answerer.clone(), graceful.watcher());
        match tls.clone() {
            None => drop(tokio::spawn(talk(stream, false, reset, answerer, watcher))),
            Some(tls) => drop(tokio::spawn(async move {
                if let Ok(stream) = tls.accept(stream).await {
                    talk(stream, true, reset, answerer, watcher).await;
                }
            })),
        }
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    secure: bool,
    reset: Arc<AtomicBool>,
    answerer: impl Answer,
    watcher: Watcher,
) {
    let service = service_fn(move |request: http::Request<Incoming>| {
        let (answerer, reset) = (answerer.clone(), Arc::clone(&reset));
        async move {
            let (parts, body) = request.into_parts();
            let body = if body.is_end_stream() {
                Some(Bytes::new())
            } else {
                Limited::new(body, LARGEST_BODY).collect().await.ok().map(|whole| whole.to_bytes())
            };
            let answer = answerer.answer(Arrived { parts, body, secure }).await;
            if answer.is_err() {
                reset.store(true, Ordering::Relaxed);
            }
            answer
        }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let _ = watcher.watch(connection).await;
}

/// A TCP connection that can be reset instead of closed.
struct Plug {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Plug {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Plug {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Plug {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, data)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// What is sent: at once, bit by bit, or not to the end.
pub struct Body {
    parts: VecDeque<Bytes>,
    /// What is announced and still to come.
    length: u64,
    pause: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
    broken: bool,
}

/// In how many parts a slow body goes out.
const PARTS: usize = 10;

impl Body {
    pub fn whole(bytes: Bytes) -> Body {
        let length = bytes.len() as u64;
        let parts = if bytes.is_empty() { VecDeque::new() } else { VecDeque::from([bytes]) };
        Body { parts, length, pause: Duration::ZERO, waiting: None, broken: false }
    }

    /// The same, taking this long.
    pub fn slowly(bytes: Bytes, over: Duration) -> Body {
        let length = bytes.len() as u64;
        let size = bytes.len().div_ceil(PARTS).max(1);
        let parts = (0..bytes.len()).step_by(size);
        let parts = parts.map(|at| bytes.slice(at..(at + size).min(bytes.len()))).collect();
        Body { parts, length, pause: over / PARTS as u32, waiting: None, broken: false }
    }

    /// Half of it, then the connection ends.
    pub fn cut(bytes: Bytes) -> Body {
        let length = bytes.len() as u64;
        let parts = VecDeque::from([bytes.slice(..bytes.len() / 2)]);
        // A moment between the half and the end, else neither would leave this machine.
        Body { parts, length, pause: Duration::from_millis(5), waiting: None, broken: true }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Gone;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Gone>>> {
        if self.parts.is_empty() && !self.broken {
            return Poll::Ready(None);
        }
        if !self.pause.is_zero() {
            let pause = self.pause;
            let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
            if waiting.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.waiting = None;
        }
        if self.parts.is_empty() {
            return Poll::Ready(Some(Err(Gone)));
        }
        let part = self.parts.pop_front();
        self.length -= part.as_ref().map_or(0, |part| part.len() as u64);
        Poll::Ready(part.map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.parts.is_empty() && !self.broken
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
