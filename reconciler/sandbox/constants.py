"""Names and fixed values that both worlds of the sandbox and its scenario share."""

from __future__ import annotations

MASTER_ADMINISTRATORS = "MasterAdministrators"
ADMINISTRATORS = "Administrators"
TECHNICIANS = "Technicians"
MASTER_ADMINISTRATOR = "MasterAdministrator"
ADMINISTRATOR = "Administrator"
TECHNICIAN = "Technician"
ADMINISTRATOR_GROUP = "AdministratorGroup"
TECHNICIAN_GROUP = "TechnicianGroup"
ADMINISTRATOR_LINK = "AdministratorLink"
ADMINISTRATOR_GROUP_LINK = "AdministratorGroupLink"
ROOT = "Root"

CATEGORIES = (MASTER_ADMINISTRATORS, ADMINISTRATORS, TECHNICIANS)
PEOPLE = (MASTER_ADMINISTRATOR, ADMINISTRATOR, TECHNICIAN)
GROUPS = (ADMINISTRATOR_GROUP, TECHNICIAN_GROUP)
LINKS = (ADMINISTRATOR_LINK, ADMINISTRATOR_GROUP_LINK)
PRESENCE = ("Offline", "Online", "Busy", "Away")

ACCEPTS: dict[str, tuple[str, ...]] = {
    ROOT: CATEGORIES,
    MASTER_ADMINISTRATORS: (MASTER_ADMINISTRATOR,),
    ADMINISTRATORS: (ADMINISTRATOR, ADMINISTRATOR_GROUP),
    ADMINISTRATOR_GROUP: (ADMINISTRATOR, ADMINISTRATOR_GROUP),
    TECHNICIANS: (TECHNICIAN_GROUP,),
    TECHNICIAN_GROUP: (TECHNICIAN, TECHNICIAN_GROUP, *LINKS),
}
"""Which kinds a node takes as children: the table of [documented] rescue-api.md §5."""

PERMISSIONS = (
    "RemoteControl RemoteView SendFile SendURL ViewSystemInformation RebootClientComputer ReceiveFile SessionRecording "
    "PrivateSessions OneTimePermission FileManagement ScriptRunning UnlimitedScripting SessionTransferNotAllowed "
    "EditCustomField WindowsCredentialsRequestNotAllowed ClipboardSynchronizationNotAllowed CallingCardDeployment "
    "ScreenSharingNotAllowed CollaborationNotAllowed DeviceConfiguration ChatSuppression ChatSuppressionConsoleSwitch "
    "TechEndSessionSurvey UnattendedAccess SessionHoldNotAllowed ConnectOnLan"
).split()
"""The permission names of [documented] rescue-api.md §3.4."""

KINDS = ("user", "group", "device", "servicePrincipal", "orgContact")
"""The member types of [documented] graph.md §1.2."""

DEFAULT_ROLES = ("GroupMember.Read.All", "User.Read.All")
"""What the product asks for ([documented] graph.md §4)."""

INITIAL_PASSWORD = "Wx7-Kepl92mQ"  # noqa: S105 - good for nothing but the sandbox
"""Satisfies "Excellent" ([documented] rescue-api.md §4.3): four classes, no character twice."""
