package dev.holdfast.platform.json;

import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.time.Duration;

/** A duration within bounds, both inclusive, in ISO 8601. Null is valid. */
@Constraint(validatedBy = Within.Validator.class)
@Target({ElementType.FIELD, ElementType.PARAMETER, ElementType.RECORD_COMPONENT})
@Retention(RetentionPolicy.RUNTIME)
public @interface Within {
    String min();

    String max();

    String message() default "must be a duration from {min} to {max}";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};

    /** Compares; the bounds are parsed once. */
    class Validator implements ConstraintValidator<Within, Duration> {
        private Duration min;
        private Duration max;

        @Override
        public void initialize(Within bounds) {
            min = Duration.parse(bounds.min());
            max = Duration.parse(bounds.max());
        }

        @Override
        public boolean isValid(Duration duration, ConstraintValidatorContext context) {
            return duration == null || (duration.compareTo(min) >= 0 && duration.compareTo(max) <= 0);
        }
    }
}
