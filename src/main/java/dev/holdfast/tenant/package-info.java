/**
 * Tenants: the owners of everything else. Made, disabled and enabled by who holds a system key, and by nobody else.
 *
 * <p><b>Guarantees</b>: a tenant and its first key come in one statement. A disabled tenant's keys, run keys too, open
 * nothing from the first request after the commit on; its runs stay as they are, its dead are still reaped.
 *
 * <p><b>Limits</b>: a tenant is never removed. Nobody can disable the tenant that their own key belongs to.
 */
package dev.holdfast.tenant;
