package dev.holdfast.platform;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;

/** The API's root; resources and providers are found by their annotations. */
@ApplicationPath("/api/v1")
public class RestApi extends Application {}
