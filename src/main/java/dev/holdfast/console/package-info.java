/**
 * The web console: pages over the API, for people with a browser.
 *
 * <p>It can do nothing that the API cannot, since it does nothing else than call it: a page asks {@link
 * dev.holdfast.console.Api}, within this node and as the person who is logged in, so that scopes, validation, limits and
 * refusals are the API's own. What a page shows is what the API answered, put into a template that escapes it.
 *
 * <p>Any node serves any page: a login is a row of {@code console_sessions}, found by its cookie. The cookie opens pages and
 * nothing else; under {@code /api} it is not looked at.
 *
 * <p>Without script everything works but that pages renew themselves. There is no inline script or style, and nothing
 * comes from elsewhere.
 */
package dev.holdfast.console;
