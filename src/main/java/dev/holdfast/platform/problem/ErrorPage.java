package dev.holdfast.platform.problem;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** The container's own errors, which would be HTML: web.xml sends them all here. */
@WebServlet("/problem")
public class ErrorPage extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        // Asked for directly, by an address in a browser, it is as unknown as any other.
        var status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
        Replies.write(StatusProblem.of(status == null ? 404 : (int) status), request, response);
    }
}
