//! Sign-in of an app by its secret, as Microsoft's own library does it, through our door.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::http::headers::Headers;
use azure_core::http::request::Body;
use azure_core::http::{AsyncRawResponse, ClientOptions, HttpClient, RetryOptions, StatusCode, Transport};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};

use super::error::refusal;
use super::{Error, Secret, Token};
use crate::net::{self, Door, HeaderName, HeaderValue, Method, Request, Url};

/// The library accepts https authorities only, so it is told this one, and the door's side puts the true one in.
const AUTHORITY: &str = "https://login.microsoftonline.com";
const TIMEOUT: Duration = Duration::from_secs(30);

/// An app and its secret.
#[derive(Debug)]
pub(super) struct ClientSecret {
    pub(super) door: Door,
    pub(super) login: String,
    pub(super) tenant_id: String,
    pub(super) client_id: String,
    pub(super) secret: Secret,
}

impl ClientSecret {
    /// Asks the sign-in service for a token, once.
    pub(super) async fn fetch(&self, scope: &str) -> Result<Token, Error> {
        let line =
            Arc::new(Line { door: self.door.clone(), login: self.login.clone(), failure: Mutex::new(None) });
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host = AUTHORITY.to_owned();
        let client_options = ClientOptions {
            transport: Some(Transport::new(line.clone())),
            // Repeating is decided by the caller, who shows the wait and can be stopped.
            retry: RetryOptions::none(),
            cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
            ..ClientOptions::default()
        };
        // The library's credential caches by itself and cannot be told to forget, so each token has its own.
        let credential = ClientSecretCredential::new(
            &self.tenant_id,
            self.client_id.clone(),
            self.secret.reveal().to_owned().into(),
            Some(ClientSecretCredentialOptions { client_options }),
        )
        .map_err(|error| Error::Invalid { value: self.tenant_id.clone(), reason: error.to_string() })?;
        match credential.get_token(&[scope], None).await {
            Ok(token) => Ok(Token::new(Secret::new(token.token.secret()), token.expires_on.unix_timestamp())),
            Err(error) => Err(line.failure().unwrap_or_else(|| Error::Malformed {
                status: 200,
                reason: net::scrub(&error.to_string()).into_owned(),
            })),
        }
    }
}

/// The library's way to the network. Keeps what went wrong, for the library's error has it as one long sentence.
#[derive(Debug)]
struct Line {
    door: Door,
    login: String,
    failure: Mutex<Option<Error>>,
}

impl Line {
    fn failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn failed(&self, error: Error) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    fn retarget(&self, request: &azure_core::http::Request) -> Result<Request, Error> {
        let asked = request.url();
        let mut url = format!("{}{}", self.login, asked.path());
        if let Some(query) = asked.query() {
            url.push('?');
            url.push_str(query);
        }
        let invalid = |reason: String| Error::Invalid { value: self.login.clone(), reason };
        let url = Url::parse(&url).map_err(|error| invalid(error.to_string()))?;
        let mut ours = Request::new(Method::POST, url);
        for (name, value) in request.headers().iter() {
            let name = HeaderName::try_from(name.as_str()).map_err(|error| invalid(error.to_string()))?;
            let value = HeaderValue::try_from(value.as_str()).map_err(|error| invalid(error.to_string()))?;
            ours.headers.insert(name, value);
        }
        if let Body::Bytes(bytes) = request.body() {
            ours.body = Some(bytes.clone());
        }
        ours.timeout = TIMEOUT;
        Ok(ours)
    }
}

#[async_trait]
impl HttpClient for Line {
    async fn execute_request(
        &self,
        request: &azure_core::http::Request,
    ) -> azure_core::Result<AsyncRawResponse> {
        let sent = match self.retarget(request) {
            Ok(request) => self.door.send(request).await.map_err(Error::from),
            Err(error) => Err(error),
        };
        let answer = sent.map_err(|error| {
            let azure = azure_core::Error::with_message(ErrorKind::Other, error.to_string());
            self.failed(error);
            azure
        })?;
        if answer.status != 200 {
            self.failed(refusal(answer.status, &answer.headers, &answer.body));
        }
        Ok(AsyncRawResponse::from_bytes(StatusCode::from(answer.status), Headers::new(), answer.body))
    }
}
