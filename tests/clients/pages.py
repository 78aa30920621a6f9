#!/usr/bin/env python3
"""The pages of the sandbox in a real browser: look at the tenant, accept an invitation, sign in.

Run by hand, not part of `cargo test`; the second argument is a folder for screenshots:

    python3 -m venv venv
    venv/bin/pip install playwright
    cargo run --release -- sandbox serve --memory > connection.json &
    CHROMIUM=/usr/bin/chromium venv/bin/python tests/clients/pages.py connection.json screenshots
"""

import base64
import hashlib
import json
import os
import re
import sys
import urllib.parse
import urllib.request

from playwright.sync_api import expect, sync_playwright

connection = json.loads(open(sys.argv[1]).readline())
screenshots = sys.argv[2] if len(sys.argv) > 2 else "."
base = connection["http"]


def ask(path, body=None, token=None, form=None):
    data = urllib.parse.urlencode(form).encode() if form else json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(base + path, data=data)
    request.add_header("content-type", "application/x-www-form-urlencoded" if form else "application/json")
    if token:
        request.add_header("authorization", f"Bearer {token}")
    return json.load(urllib.request.urlopen(request))


def app_token():
    form = {
        "grant_type": "client_credentials",
        "client_id": connection["clientId"],
        "client_secret": connection["clientSecret"],
        "scope": "https://graph.microsoft.com/.default",
    }
    return ask(f"/{connection['tenantId']}/oauth2/v2.0/token", form=form)["access_token"]


def invite(token, address):
    body = {
        "invitedUserEmailAddress": address,
        "invitedUserDisplayName": "Ann Lee",
        "inviteRedirectUrl": "https://myapplications.microsoft.com",
        "sendInvitationMessage": True,
    }
    return ask("/v1.0/invitations", body, token)["invitedUser"]["id"]


def accepting(page, token):
    guest = invite(token, "ann.lee@fabrikam.example")
    page.goto(f"{base}/sandbox/")
    expect(page.get_by_role("heading", name="Contoso")).to_be_visible()
    page.screenshot(path=f"{screenshots}/tenant.png", full_page=True)
    page.get_by_role("link", name="Outbox").click()
    page.screenshot(path=f"{screenshots}/outbox.png")
    page.get_by_role("link", name="Accept the invitation").first.click()
    page.screenshot(path=f"{screenshots}/invitation.png")
    page.get_by_label("A Google account").check()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Review permissions")).to_be_visible()
    page.screenshot(path=f"{screenshots}/consent.png")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("heading", name="Welcome to Contoso")).to_be_visible()
    page.screenshot(path=f"{screenshots}/welcome.png")
    user = ask(f"/v1.0/users/{guest}?$select=externalUserState,identities", token=token)
    assert user["externalUserState"] == "Accepted" and user["identities"][1]["issuer"] == "google.com", user
    page.go_back()
    print("ok  an invitation was accepted with a Google account")


def declining_by_keyboard(page, token):
    guest = invite(token, "bo.lee@fabrikam.example")
    page.goto(f"{base}/sandbox/outbox")
    page.get_by_role("link", name="Accept the invitation").first.click()
    page.get_by_label("A one-time passcode by e-mail").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Decline").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You declined")).to_be_visible()
    user = ask(f"/v1.0/users/{guest}?$select=externalUserState", token=token)
    assert user["externalUserState"] == "PendingAcceptance", user
    print("ok  another one was declined, by keyboard alone")


def signing_in(page):
    verifier = "a-verifier-that-is-long-enough-for-anybody-0123456789"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    redirect = "http://localhost:8765/"
    query = {
        "client_id": "14d82eec-204b-4c2f-b7e8-296a70dab67e",
        "response_type": "code",
        "redirect_uri": redirect,
        "scope": "User.Read openid offline_access",
        "state": "state-1",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    page.goto(f"{base}/organizations/oauth2/v2.0/authorize?{urllib.parse.urlencode(query)}")
    page.screenshot(path=f"{screenshots}/sign-in.png", full_page=True)
    arrived = []
    page.route(re.compile(r"^http://localhost:8765/"), lambda route: (arrived.append(route.request.url), route.fulfill(body="done")))
    page.get_by_role("button", name="Megan Bowen").click()
    page.wait_for_url(re.compile(r"^http://localhost:8765/"))
    answer = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(arrived[0]).query))
    assert answer["state"] == "state-1", answer
    form = {
        "grant_type": "authorization_code",
        "client_id": query["client_id"],
        "code": answer["code"],
        "redirect_uri": redirect,
        "code_verifier": verifier,
    }
    tokens = ask("/organizations/oauth2/v2.0/token", form=form)
    me = ask("/v1.0/me", token=tokens["access_token"])
    assert me["userPrincipalName"] == "megan.bowen@contoso.example", me
    print("ok  somebody signed in with a code and is who they said")


def device(page):
    form = {"client_id": "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "scope": "https://graph.microsoft.com/.default"}
    begun = ask("/organizations/oauth2/v2.0/devicecode", form=form)
    page.goto(begun["verification_uri"])
    page.get_by_role("textbox").fill(begun["user_code"])
    page.screenshot(path=f"{screenshots}/device.png")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Ola Nordmann").click()
    page.screenshot(path=f"{screenshots}/device-done.png")
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": form["client_id"],
        "device_code": begun["device_code"],
    }
    tokens = ask("/organizations/oauth2/v2.0/token", form=form)
    assert ask("/v1.0/me", token=tokens["access_token"])["displayName"] == "Ola Nordmann"
    print("ok  a device was let in")


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path=os.environ.get("CHROMIUM"), args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    )
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    troubles = []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    os.makedirs(screenshots, exist_ok=True)
    token = app_token()
    accepting(page, token)
    declining_by_keyboard(page, token)
    signing_in(page)
    device(page)
    troubles = [trouble for trouble in troubles if "favicon" not in trouble]
    assert not troubles, troubles
    browser.close()
