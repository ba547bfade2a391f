package dev.holdfast.platform.problem;

import dev.holdfast.platform.database.ExpectedErrors;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Turns whatever a resource threw into a problem; what nobody expected is logged whole and told as nothing but 500. */
@Provider
public class ProblemMapper implements ExceptionMapper<Throwable> {
    private static final Logger LOG = Logger.getLogger(ProblemMapper.class.getName());

    @Context
    HttpServletRequest request;

    @Override
    public Response toResponse(Throwable thrown) {
        var problem = problem(thrown);
        var reply = Response.status(problem.status()).type(Replies.MEDIA_TYPE).entity(Replies.body(problem, request));
        problem.headers().forEach(reply::header);
        return reply.build();
    }

    /**
     * What is told of a fault: of one that nobody expected nothing but 500, and it is logged whole.
     *
     * @param where it happened, for the log
     */
    public static Problem problem(Throwable thrown, String where) {
        return meant(thrown).or(() -> ExpectedErrors.problem(thrown)).orElseGet(() -> unexpected(thrown, where));
    }

    private Problem problem(Throwable thrown) {
        if (thrown instanceof WebApplicationException web && meant(thrown).isEmpty()) {
            return ofContainer(web.getResponse());
        }
        return problem(thrown, request);
    }

    /** The same, of what happened in the course of a request. */
    public static Problem problem(Throwable thrown, HttpServletRequest request) {
        return problem(
                thrown,
                request.getMethod() + " " + request.getRequestURI() + ", correlation id " + Correlation.id(request));
    }

    private static Optional<Problem> meant(Throwable thrown) {
        for (var cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof Problem problem) {
                return Optional.of(problem);
            }
        }
        return Optional.empty();
    }

    private static Problem ofContainer(Response response) {
        var problem = StatusProblem.of(response.getStatus());
        var allow = response.getHeaderString(HttpHeaders.ALLOW);
        return allow == null ? problem : problem.header(HttpHeaders.ALLOW, allow);
    }

    private static Problem unexpected(Throwable thrown, String where) {
        LOG.log(Level.SEVERE, "HLDF0801E: unexpected fault in " + where, thrown);
        return StatusProblem.of(500);
    }
}
