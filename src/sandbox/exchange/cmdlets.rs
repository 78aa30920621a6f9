//! The cmdlets there are: their parameters, and what runs.

use super::parameters as p;
use super::{Run, audit, contacts, groups, organization, recipients, traces, unified, users};

pub struct Cmdlet {
    pub name: &'static str,
    pub parameters: p::Parameters,
    pub run: Run,
}

pub fn find(name: &str) -> Option<&'static Cmdlet> {
    CMDLETS.iter().find(|cmdlet| cmdlet.name.eq_ignore_ascii_case(name))
}

pub fn names() -> impl Iterator<Item = &'static str> {
    CMDLETS.iter().map(|cmdlet| cmdlet.name)
}

const fn cmdlet(name: &'static str, parameters: p::Parameters, run: Run) -> Cmdlet {
    Cmdlet { name, parameters, run }
}

#[rustfmt::skip]
static CMDLETS: &[Cmdlet] = &[
    cmdlet("New-MailContact", p::NEW_MAIL_CONTACT, Run::Write(contacts::new)),
    cmdlet("Get-MailContact", p::GET_MAIL_CONTACT, Run::Read(recipients::mail_contacts)),
    cmdlet("Set-MailContact", p::SET_MAIL_CONTACT, Run::Write(contacts::set_mail_contact)),
    cmdlet("Remove-MailContact", p::REMOVE_MAIL_CONTACT, Run::Write(contacts::remove)),
    cmdlet("Get-Contact", p::GET_CONTACT, Run::Read(recipients::contacts)),
    cmdlet("Set-Contact", p::SET_CONTACT, Run::Write(contacts::set_contact)),
    cmdlet("Get-Recipient", p::GET_RECIPIENT, Run::Read(recipients::recipients)),
    cmdlet("New-MailUser", p::NEW_MAIL_USER, Run::Write(users::new_mail_user)),
    cmdlet("Get-MailUser", p::GET_MAIL_USER, Run::Read(recipients::mail_users)),
    cmdlet("Set-MailUser", p::SET_MAIL_USER, Run::Write(users::set_mail_user)),
    cmdlet("Remove-MailUser", p::REMOVE_MAIL_USER, Run::Write(users::remove_mail_user)),
    cmdlet("Get-User", p::GET_USER, Run::Read(recipients::users)),
    cmdlet("Set-User", p::SET_USER, Run::Write(users::set_user)),
    cmdlet("Get-Mailbox", p::GET_MAILBOX, Run::Read(recipients::mailboxes)),
    cmdlet("New-DistributionGroup", p::NEW_DISTRIBUTION_GROUP, Run::Write(groups::new)),
    cmdlet("Get-DistributionGroup", p::GET_DISTRIBUTION_GROUP, Run::Read(recipients::distribution_groups)),
    cmdlet("Set-DistributionGroup", p::SET_DISTRIBUTION_GROUP, Run::Write(groups::set)),
    cmdlet("Remove-DistributionGroup", p::REMOVE_DISTRIBUTION_GROUP, Run::Write(groups::remove)),
    cmdlet("Get-DistributionGroupMember", p::GET_DISTRIBUTION_GROUP_MEMBER, Run::Read(groups::members)),
    cmdlet("Add-DistributionGroupMember", p::ADD_DISTRIBUTION_GROUP_MEMBER, Run::Write(groups::add)),
    cmdlet("Remove-DistributionGroupMember", p::REMOVE_DISTRIBUTION_GROUP_MEMBER, Run::Write(groups::remove_member)),
    cmdlet("Update-DistributionGroupMember", p::UPDATE_DISTRIBUTION_GROUP_MEMBER, Run::Write(groups::update_members)),
    cmdlet("Get-Group", p::GET_GROUP, Run::Read(recipients::groups)),
    cmdlet("Set-Group", p::SET_GROUP, Run::Write(groups::set_group)),
    cmdlet("New-UnifiedGroup", p::NEW_UNIFIED_GROUP, Run::Write(unified::new)),
    cmdlet("Get-UnifiedGroup", p::GET_UNIFIED_GROUP, Run::Read(recipients::unified_groups)),
    cmdlet("Set-UnifiedGroup", p::SET_UNIFIED_GROUP, Run::Write(unified::set)),
    cmdlet("Remove-UnifiedGroup", p::REMOVE_UNIFIED_GROUP, Run::Write(unified::remove)),
    cmdlet("Get-UnifiedGroupLinks", p::GET_UNIFIED_GROUP_LINKS, Run::Read(unified::links)),
    cmdlet("Add-UnifiedGroupLinks", p::ADD_UNIFIED_GROUP_LINKS, Run::Write(unified::add_links)),
    cmdlet("Remove-UnifiedGroupLinks", p::REMOVE_UNIFIED_GROUP_LINKS, Run::Write(unified::remove_links)),
    cmdlet("Get-AcceptedDomain", p::GET_ACCEPTED_DOMAIN, Run::Read(organization::accepted_domains)),
    cmdlet("Get-OrganizationConfig", p::GET_ORGANIZATION_CONFIG, Run::Read(organization::organization)),
    cmdlet("Get-OrganizationRelationship", p::GET_ORGANIZATION_RELATIONSHIP, Run::Read(organization::relationships)),
    cmdlet("Get-SharingPolicy", p::GET_SHARING_POLICY, Run::Read(organization::sharing_policies)),
    cmdlet("Get-MessageTrace", p::GET_MESSAGE_TRACE, Run::Read(traces::first)),
    cmdlet("Get-MessageTraceV2", p::GET_MESSAGE_TRACE_V2, Run::Read(traces::second)),
    cmdlet("Search-UnifiedAuditLog", p::SEARCH_UNIFIED_AUDIT_LOG, Run::Recall(audit::search)),
];
