package dev.holdfast.approval;

import dev.holdfast.key.Caller;
import dev.holdfast.key.Scope;

/**
 * Who decides.
 *
 * @param id of the key or the person: nobody is two approvers
 * @param managesKeys could make a key under any name, so that no rule about names keeps it out
 */
record Approver(Caller caller, String id) {
    static Approver of(Caller caller) {
        return new Approver(caller, caller.credential());
    }

    String name() {
        return caller.name();
    }

    /** Whether this is the key that asked, or that claimed the run which asked. Who makes keys could take another one. */
    boolean hasAsked(ApprovalRow approval) {
        return caller.id() != null && approval.askedWith().contains(caller.id()) && !caller.may(Scope.MANAGE_KEYS);
    }

    boolean isAmong(ApprovalRow.Approvers approvers) {
        return approvers == null
                || approvers.names(caller.name())
                || caller.roles().stream().anyMatch(approvers::hasRole);
    }
}
