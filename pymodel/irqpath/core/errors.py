"""The closed set of errors of irqpath.

Two kinds, never mixed:

* An *exception* (`IrqpathError` and below) means that the caller asked for something that cannot be: a bad
  configuration, a malformed trace, a missing tool. Its text says what, where, and what to do.
* A *finding* (`ArchError`, carried by a `Report` transaction) means that software or a device under test did something
  that the architecture calls an error, CONSTRAINED UNPREDICTABLE or UNPREDICTABLE. The model goes on as its `Policy`
  says; nothing is raised.
"""

from __future__ import annotations

import enum


class IrqpathError(Exception):
    """Base of every exception that irqpath raises on purpose; its text is one line for a user."""


class ConfigError(IrqpathError):
    """A configuration or policy that no GIC can have."""


class AccessError(IrqpathError):
    """A memory access of a wrong size, alignment or address."""


class LinkError(IrqpathError):
    """A transaction on a link that does not exist or does not carry it."""


class InputError(LinkError):
    """A transaction with a value that its link cannot carry: a level of 2, a value wider than its access."""


class TraceError(IrqpathError):
    """A recording that cannot be read; says which line."""


class CheckError(IrqpathError):
    """A check that could not be made (not: a check that failed)."""


@enum.unique
class ArchError(enum.Enum):
    """What software or a device did wrong, by the specification's words. The value is (section, explanation)."""

    # Register accesses
    BAD_ACCESS = (
        "IHI 0069 12.1 (register access)",
        "access of a size or at an offset that the register does not permit",
    )
    UNDEFINED_SYSREG = ("IHI 0069 12.2 (system registers)", "system register that this CPU interface does not have")

    # Distributor
    ICFGR_WHILE_ENABLED = ("DDI 0601 GICD_ICFGR<n>", "Int_config changed of an interrupt that is enabled: UNPREDICTABLE")

    # CPU interface
    EOIR_NOT_ACTIVE = ("IHI 0069 ICC_EOIR1_EL1", "ICC_EOIR written while no priority is active in any group")
    EOIR_WRONG_GROUP = ("IHI 0069 ICC_EOIR1_EL1", "ICC_EOIR of a group that does not hold the highest active priority")
    EOIR_WRONG_INTID = (
        "IHI 0069 ICC_EOIR1_EL1",
        "ICC_EOIR of an INTID that is not the last acknowledged at that priority",
    )
    DIR_WITHOUT_EOIMODE = ("IHI 0069 ICC_DIR_EL1", "ICC_DIR_EL1 written while ICC_CTLR_EL1.EOImode is 0")
    DIR_OF_LPI = ("IHI 0069 5.1", "ICC_DIR_EL1 of an INTID that has no active state")
    LR_HW_PENDING_ACTIVE = (
        "IHI 0069 ICH_LR<n>_EL2",
        "List register with HW = 1 that is pending and active: software must not ask for it",
    )
    LR_SPECIAL_INTID = (
        "DDI 0601 ICH_LR<n>_EL2",
        "List register of vINTID 1020 to 1023 that is not inactive: UNPREDICTABLE",
    )
    LR_PHYSICAL_INTID = (
        "DDI 0601 ICH_LR<n>_EL2",
        "List register with HW = 1 of pINTID 0 to 15 or 1020 to 1023 that is not inactive: UNPREDICTABLE",
    )
    LR_DUPLICATE = (
        "DDI 0601 ICH_LR<n>_EL2",
        "the guest acknowledges a vINTID that two List registers hold, neither inactive: UNPREDICTABLE",
    )
    SGI_NOT_PERMITTED = (
        "IHI 0069 12.1 (use of control registers for SGI forwarding)",
        "SGI not forwarded: the target holds it in another group",
    )

    SGI_RANGE = (
        "DDI 0601 ICC_SGI1R_EL1",
        "ICC_SGI0R, SGI1R or ASGI1R written with an RS that the CPU interface sends and GICD does not take (GICD_TYPER.RSS = 0)",
    )

    # Redistributor
    LPI_REG_WHILE_ENABLED = (
        "IHI 0069 GICR_PROPBASER, GICR_PENDBASER",
        "PROPBASER or PENDBASER written while LPIs are enabled",
    )
    WAKER_TWICE = ("IHI 0069 GICR_WAKER", "GICR_WAKER.ProcessorSleep changed before ChildrenAsleep followed")
    LPI_OUT_OF_RANGE = ("IHI 0069 5.1", "LPI INTID outside what PROPBASER.IDbits and GICD_TYPER.IDbits allow")

    VPENDBASER_WHILE_DIRTY = ("IHI 0069 GICR_VPENDBASER", "GICR_VPENDBASER written while Dirty is 1")
    VPE_REG_WHILE_RESIDENT = (
        "IHI 0069 GICR_VPROPBASER, GICR_VPENDBASER",
        "GICR_VPROPBASER, or a field of GICR_VPENDBASER but Valid, changed while a vPE is resident",
    )
    VPROPBASER_INVALID = (
        "DDI 0601 GICR_VPENDBASER",
        "GICR_VPENDBASER.Valid set while GICR_VPROPBASER.Valid is 0: UNPREDICTABLE",
    )
    VPE_ELSEWHERE = (
        "IHI 0069 GICR_VPENDBASER",
        "vPE made resident that is mapped to a Redistributor which does not share the vPE table: UNPREDICTABLE",
    )
    VPE_NOT_IN_TABLE = ("IHI 0069 GICR_VPROPBASER", "vPEID that the vPE table does not map")

    # ITS: command errors, names as the specification's tables (IHI 0069 5.3)
    ITS_BAD_COMMAND = ("IHI 0069 5.3", "command number that this ITS does not know")
    ITS_ENABLED_WITHOUT_TABLES = (
        "IHI 0069 GITS_CTLR",
        "GITS_CTLR.Enabled set while GITS_CBASER or GITS_BASER of devices or collections is not valid: UNPREDICTABLE",
    )
    ITS_REG_WHILE_ENABLED = (
        "IHI 0069 GITS_CBASER, GITS_BASER",
        "GITS_CBASER or GITS_BASER written while GITS_CTLR.Enabled is 1, or Quiescent 0",
    )
    ITS_CWRITER_OOR = ("IHI 0069 GITS_CWRITER", "GITS_CWRITER beyond the command queue")
    MAPD_DEVICE_OOR = ("IHI 0069 5.3 (MAPD)", "DeviceID beyond GITS_TYPER.Devbits or the device table")
    MAPD_ITTSIZE_OOR = ("IHI 0069 5.3 (MAPD)", "Size beyond GITS_TYPER.ID_bits")
    MAPC_COLLECTION_OOR = ("IHI 0069 5.3 (MAPC)", "ICID beyond the collection table")
    MAPC_PROCNUM_OOR = ("IHI 0069 5.3 (MAPC)", "RDbase that names no Redistributor")
    MAPTI_DEVICE_OOR = ("IHI 0069 5.3 (MAPTI)", "DeviceID beyond the device table")
    MAPTI_COLLECTION_OOR = ("IHI 0069 5.3 (MAPTI)", "ICID beyond the collection table")
    MAPTI_ID_OOR = ("IHI 0069 5.3 (MAPTI)", "EventID beyond the device's interrupt translation table")
    MAPTI_PHYSICALID_OOR = ("IHI 0069 5.3 (MAPTI)", "pINTID that is no LPI of this GIC")
    MAPTI_UNMAPPED_DEVICE = ("IHI 0069 5.3 (MAPTI)", "device that no MAPD has mapped")
    MAPTI_REMAP = ("IHI 0069 5.3 (MAPTI)", "MAPTI of an event that is mapped already: UNPREDICTABLE")
    MAPD_REMAP = (
        "IHI 0069 5.3 (MAPD)",
        "MAPD of a device that is mapped already: software must DISCARD its events first",
    )
    INT_UNMAPPED = ("IHI 0069 5.3 (INT)", "device, event or collection of INT is not mapped")
    CLEAR_UNMAPPED = ("IHI 0069 5.3 (CLEAR)", "device, event or collection of CLEAR is not mapped")
    DISCARD_UNMAPPED = ("IHI 0069 5.3 (DISCARD)", "device, event or collection of DISCARD is not mapped")
    INV_UNMAPPED = ("IHI 0069 5.3 (INV)", "device, event or collection of INV is not mapped")
    INVALL_UNMAPPED = ("IHI 0069 5.3 (INVALL)", "collection of INVALL is not mapped")
    MOVI_UNMAPPED = ("IHI 0069 5.3 (MOVI)", "device, event or one of the collections of MOVI is not mapped")
    MOVALL_PROCNUM_OOR = ("IHI 0069 5.3 (MOVALL)", "RDbase of MOVALL names no Redistributor")
    SYNC_PROCNUM_OOR = ("IHI 0069 5.3 (SYNC)", "RDbase of SYNC names no Redistributor")
    VMAPP_VPE_OOR = ("IHI 0069 5.3 (VMAPP)", "vPEID beyond the vPE table")
    VMAPP_PROCNUM_OOR = ("IHI 0069 5.3 (VMAPP)", "RDbase that names no Redistributor")
    VMAPP_VPTSIZE_OOR = ("IHI 0069 5.3 (VMAPP)", "VPT_size beyond what the GIC supports")
    VMAPP_REMAP = ("IHI 0069 5.3 (VMAPP)", "vPE that is mapped already: UNPREDICTABLE, it is mapped anew")
    VMAPTI_DEVICE_OOR = ("IHI 0069 5.3 (VMAPTI)", "DeviceID beyond the device table, or a device that no MAPD has mapped")
    VMAPTI_ID_OOR = ("IHI 0069 5.3 (VMAPTI)", "EventID beyond the device's interrupt translation table")
    VMAPTI_VPE_OOR = ("IHI 0069 5.3 (VMAPTI)", "vPEID beyond the vPE table")
    VMAPTI_VIRTUALID_OOR = ("IHI 0069 5.3 (VMAPTI)", "vINTID that is no virtual LPI")
    VMAPTI_PHYSICALID_OOR = ("IHI 0069 5.3 (VMAPTI)", "doorbell that is no LPI, and not 1023")
    VMOVI_UNMAPPED = ("IHI 0069 5.3 (VMOVI)", "event of VMOVI, or one of its vPEs, is not mapped")
    VMOVI_PHYSICALID_OOR = ("IHI 0069 5.3 (VMOVI)", "doorbell that is neither 1023 nor an LPI")
    VMOVP_UNMAPPED = ("IHI 0069 5.3 (VMOVP)", "vPE of VMOVP is not mapped")
    VMOVP_PROCNUM_OOR = ("IHI 0069 5.3 (VMOVP)", "RDbase that names no Redistributor")
    VMOVP_ITSLIST = ("IHI 0069 5.3 (VMOVP)", "ITSList without the ITS that received the command, or with one that does not exist")
    VMOVP_SEQUENCE = (
        "DDI 0601 GITS_TYPER.VMOVP",
        "VMOVP with a sequence number that this ITS has had, while others of ITSList have not: UNPREDICTABLE",
    )
    VSYNC_VPE_OOR = ("IHI 0069 5.3 (VSYNC)", "vPEID beyond the vPE table")
    VPE_UNMAPPED = ("IHI 0069 5.3", "vPE of VINVALL, VSGI, INVDB or GITS_SGIR is not mapped")
    TRANSLATER_WITHOUT_DEVICE = (
        "IHI 0069 GITS_TRANSLATER",
        "GITS_TRANSLATER written through the register port, which carries no DeviceID: dropped",
    )
    MSI_UNMAPPED = ("IHI 0069 5.2", "write to GITS_TRANSLATER whose device, event or collection is not mapped")
    MSI_UNSYNCED = (
        "IHI 0069 5.3 (SYNC, VSYNC)",
        "write to GITS_TRANSLATER for an event that was mapped, and no SYNC or VSYNC since: it may be lost, and is",
    )
    ITS_TABLE_INVALID = ("IHI 0069 5.2.2", "level-1 entry of an indirect table is not valid")

    @property
    def section(self) -> str:
        """The specification's section."""
        value: tuple[str, str] = self.value
        return value[0]

    @property
    def text(self) -> str:
        """What it means, in our words."""
        value: tuple[str, str] = self.value
        return value[1]
