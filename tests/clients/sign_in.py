#!/usr/bin/env python3
"""Every way of signing in, by MSAL for Python and azure-identity, over HTTPS and by the public names.

Run by hand, not part of `cargo test`, as somebody who may listen on port 443 and edit the hosts file:

    python3 -m venv venv && venv/bin/pip install msal azure-identity requests
    echo 127.0.0.1 login.microsoftonline.com graph.microsoft.com management.azure.com >> /etc/hosts
    cargo run -- sandbox serve --memory --https 127.0.0.1:443 --ca-file ca.pem > connection.json &
    venv/bin/python tests/clients/sign_in.py connection.json

Take the line out of the hosts file afterwards. Instance discovery stays on: nothing is told to the libraries but the
tenant, and whom to trust.
"""

import html
import json
import os
import re
import sys
import threading

connection = json.loads(open(sys.argv[1]).readline())
os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"] = connection["caFile"]

import msal
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    CertificateCredential,
    ClientSecretCredential,
    DeviceCodeCredential,
    EnvironmentCredential,
    InteractiveBrowserCredential,
    UsernamePasswordCredential,
)

tenant, client, secret = connection["tenantId"], connection["clientId"], connection["clientSecret"]
controls = f"{connection['http']}/sandbox"
tools = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
person, password = "ola.nordmann@contoso.example", "public-password-of-contoso"
graph = "https://graph.microsoft.com"
read = [f"{graph}/User.Read.All"]


def told(what, value=""):
    print(f"ok  {what} {value}".rstrip())


def approve(code):
    requests.post(f"{controls}/approve", json={"userCode": code, "user": person}).raise_for_status()


def me(token):
    answer = requests.get(f"{graph}/v1.0/me", headers={"authorization": f"Bearer {token}"})
    answer.raise_for_status()
    return answer.json()["userPrincipalName"]


def form(page):
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page)
    return html.unescape(re.search(r'<form[^>]* action="([^"]*)"', page)[1]), {
        name: html.unescape(value) for name, value in fields
    }


def sign_in(address):
    """What a person does in the browser: say who one is and send the form."""
    page = requests.get(address)
    action, fields = form(page.text)
    return requests.post(
        requests.compat.urljoin(address, action), data={**fields, "address": person}, allow_redirects=False
    )


def people():
    app = msal.PublicClientApplication(tools, authority=f"https://login.microsoftonline.com/{tenant}")
    flow = app.initiate_device_flow(scopes=read)
    approve(flow["user_code"])
    found = app.acquire_token_by_device_flow(flow)
    assert me(found["access_token"]) == person, found
    told("device code", found["id_token_claims"]["name"])

    account = app.get_accounts()[0]
    kept = app.acquire_token_silent(read, account)
    assert kept["access_token"] == found["access_token"] and kept["token_source"] == "cache"
    renewed = app.acquire_token_silent(read, account, force_refresh=True)
    assert renewed["token_source"] == "identity_provider"
    other = app.acquire_token_silent(["https://management.azure.com/.default"], account)
    assert other["access_token"] != renewed["access_token"]
    told("silently, refreshed, and for another service")

    flow = app.initiate_auth_code_flow(read, redirect_uri="http://localhost:53682", response_mode="query")
    back = sign_in(flow["auth_uri"]).headers["location"]
    answer = dict(requests.compat.urlparse(back)._asdict(), query=None)
    fields = {name: values[0] for name, values in query(back).items()}
    assert answer["netloc"] == "localhost:53682" and fields["state"] == flow["state"]
    found = app.acquire_token_by_auth_code_flow(flow, fields)
    assert me(found["access_token"]) == person, found
    assert app.acquire_token_by_auth_code_flow(flow, fields)["error"] == "invalid_grant"
    told("authorization code with PKCE, once")

    assert me(app.acquire_token_by_username_password(person, password, read)["access_token"]) == person
    refused = app.acquire_token_by_username_password(person, "guess", read)
    assert refused["error"] == "invalid_grant" and 50126 in refused["error_codes"], refused
    told("name and password, and not with a wrong one")

    organizations = msal.PublicClientApplication(tools, authority="https://login.microsoftonline.com/organizations")
    found = organizations.acquire_token_by_username_password(person, password, read)
    assert found["id_token_claims"]["tid"] == tenant, found
    told("without saying which tenant")


def query(address):
    from urllib.parse import parse_qs, urlparse

    return parse_qs(urlparse(address).query)


def credentials():
    scope = f"{graph}/.default"
    assert me(DeviceCodeCredential(tools, tenant_id=tenant, prompt_callback=lambda _, code, __: approve(code)).get_token(scope).token) == person
    assert me(UsernamePasswordCredential(tools, person, password, tenant_id=tenant).get_token(scope).token) == person

    import webbrowser

    def opened(address, *_):
        def follow():
            reply = sign_in(address)
            if reply.status_code == 302:
                requests.get(reply.headers["location"])
            else:
                action, fields = form(reply.text)
                requests.post(action, data=fields)

        threading.Thread(target=follow).start()
        return True

    webbrowser.open = opened
    webbrowser.get = lambda *_: type("Browser", (), {"open": staticmethod(opened), "name": "none"})()
    found = InteractiveBrowserCredential(tenant_id=tenant, client_id=tools).get_token(scope)
    assert me(found.token) == person
    told("a person by device code, password and browser")

    ClientSecretCredential(tenant, client, secret).get_token(scope)
    pem = requests.get(f"{controls}/certificate").content
    CertificateCredential(tenant, client, certificate_data=pem).get_token(scope)
    CertificateCredential(tenant, client, certificate_data=pem, send_certificate_chain=True).get_token(scope)
    os.environ.update(AZURE_TENANT_ID=tenant, AZURE_CLIENT_ID=client, AZURE_CLIENT_SECRET=secret)
    EnvironmentCredential().get_token("https://management.azure.com/.default")
    try:
        ClientSecretCredential("00000000-0000-0000-0000-0000000000aa", client, secret).get_token(scope)
        raise AssertionError("an unknown tenant must be refused")
    except ClientAuthenticationError as error:
        assert "AADSTS90002" in str(error) or "tenant" in str(error).lower(), error
    told("an application by secret, certificate and environment, and not in another tenant")


people()
credentials()
