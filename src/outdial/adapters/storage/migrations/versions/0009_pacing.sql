-- What the pacer saw, and forecasts.
select 1;
