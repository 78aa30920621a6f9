//! The way of Microsoft's own sign-in library to the network: through our door, with what went wrong kept whole.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::http::headers::Headers;
use azure_core::http::request::Body;
use azure_core::http::{
    AsyncRawResponse, ClientOptions, HttpClient, Method as AzureMethod, RetryOptions, StatusCode, Transport,
};

use super::error::refusal;
use super::{Error, Secret, Token};
use crate::net::{self, Bytes, Door, HeaderName, HeaderValue, Method, Request, Url};

/// The library accepts https authorities only, so it is told this one, and the door's side puts the true one in.
const AUTHORITY: &str = "https://login.microsoftonline.com";
const TIMEOUT: Duration = Duration::from_secs(30);

/// The library's way to the network. Keeps what went wrong, for the library's error has it as one long sentence.
#[derive(Debug)]
pub(super) struct Line {
    door: Door,
    /// What takes the place of the authority; nothing where the library knows the address.
    login: Option<String>,
    /// A service's demand on the next token, as JSON; the library has no parameter for it.
    claims: Option<String>,
    failure: Mutex<Option<Error>>,
}

impl Line {
    /// To the sign-in service.
    pub(super) fn to(door: &Door, login: &str, claims: Option<&str>) -> Arc<Line> {
        Arc::new(Line {
            door: door.clone(),
            login: Some(login.to_owned()),
            claims: claims.map(str::to_owned),
            failure: Mutex::default(),
        })
    }

    /// To wherever the library goes by itself.
    pub(super) fn straight(door: &Door) -> Arc<Line> {
        Arc::new(Line { door: door.clone(), login: None, claims: None, failure: Mutex::default() })
    }

    /// What a credential of the library is made with, so that it takes this way.
    pub(super) fn options(self: &Arc<Line>) -> ClientOptions {
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host = AUTHORITY.to_owned();
        ClientOptions {
            transport: Some(Transport::new(self.clone())),
            // Repeating is decided by the caller, who shows the wait and can be stopped.
            retry: RetryOptions::none(),
            cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
            ..ClientOptions::default()
        }
    }

    /// A token by a credential that takes this way.
    ///
    /// The library's credentials cache by themselves and cannot be told to forget, so each token has its own.
    pub(super) async fn token(&self, credential: &dyn TokenCredential, scope: &str) -> Result<Token, Error> {
        match credential.get_token(&[scope], None).await {
            Ok(token) => Ok(Token::new(Secret::new(token.token.secret()), token.expires_on.unix_timestamp())),
            Err(error) => Err(self.failure().unwrap_or_else(|| Error::Malformed {
                status: 200,
                reason: net::scrub(&error.to_string()).into_owned(),
            })),
        }
    }

    fn failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn failed(&self, error: Error) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    fn retarget(&self, request: &azure_core::http::Request) -> Result<Request, Error> {
        let asked = request.url();
        let url = match &self.login {
            None => asked.as_str().to_owned(),
            Some(login) => {
                let query = asked.query().map(|query| format!("?{query}")).unwrap_or_default();
                format!("{login}{}{query}", asked.path())
            }
        };
        let invalid = |reason: String| Error::Invalid { value: url.clone(), reason };
        let parsed = Url::parse(&url).map_err(|error| invalid(error.to_string()))?;
        let method = if request.method() == AzureMethod::Get { Method::GET } else { Method::POST };
        let mut ours = Request::new(method, parsed);
        // The body may grow on its way, and the door counts it anyway.
        let headers = request.headers().iter();
        for (name, value) in headers.filter(|(name, _)| name.as_str() != "content-length") {
            let name = HeaderName::try_from(name.as_str()).map_err(|error| invalid(error.to_string()))?;
            let value = HeaderValue::try_from(value.as_str()).map_err(|error| invalid(error.to_string()))?;
            ours.headers.insert(name, value);
        }
        if let Body::Bytes(bytes) = request.body()
            && !bytes.is_empty()
        {
            ours.body = Some(match &self.claims {
                None => bytes.clone(),
                Some(claims) => with_claims(bytes, claims),
            });
        }
        ours.timeout = TIMEOUT;
        Ok(ours)
    }
}

fn with_claims(form: &Bytes, claims: &str) -> Bytes {
    let form = String::from_utf8_lossy(form).into_owned();
    url::form_urlencoded::Serializer::new(form).append_pair("claims", claims).finish().into()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_one_more_field_of_the_form() {
        let form = with_claims(&Bytes::from_static(b"client_id=a&scope=b"), r#"{"a":1}"#);
        assert_eq!(form, &b"client_id=a&scope=b&claims=%7B%22a%22%3A1%7D"[..]);
    }
}
