package dev.holdfast.run;

import jakarta.validation.Constraint;
import jakarta.validation.Payload;
import jakarta.validation.ReportAsSingleViolation;
import jakarta.validation.constraints.Pattern;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Why, for people: 1 to 1000 characters, kept in the timeline. Null is valid. */
@Pattern(regexp = "(?s)[^\\x00]{1,1000}")
@ReportAsSingleViolation
@Constraint(validatedBy = {})
@Target({ElementType.FIELD, ElementType.PARAMETER, ElementType.RECORD_COMPONENT})
@Retention(RetentionPolicy.RUNTIME)
public @interface Reason {
    String message() default "must be 1 to 1000 characters";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
}
