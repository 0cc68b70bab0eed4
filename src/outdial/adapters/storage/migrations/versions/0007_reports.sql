-- Report jobs and record-list events.
select 1;
