package dev.holdfast.key;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;

/** Hands the authenticated {@link Caller} to resources. */
@RequestScoped
public class Callers {
    private HttpServletRequest request;

    protected Callers() {} // for the proxy

    @Inject
    Callers(HttpServletRequest request) {
        this.request = request;
    }

    /** @throws IllegalStateException outside an authenticated request, which the security constraint rules out */
    public Caller present() {
        var caller = (Caller) request.getAttribute(Caller.ATTRIBUTE);
        if (caller == null) {
            throw new IllegalStateException("no caller: the address is not protected");
        }
        return caller;
    }
}
